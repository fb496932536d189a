CREATE TYPE acme.mood AS ENUM ('sad', 'ok');
CREATE TYPE acme.level AS ENUM ('9', '10');
CREATE TYPE acme.kind AS ENUM ('a', 'b');
CREATE TYPE acme.nothing AS ENUM ();
CREATE TYPE acme.state AS ENUM ('open', 'done');
CREATE TABLE acme.results (id bigint PRIMARY KEY, err text);
CREATE TABLE acme.days (
    id bigint PRIMARY KEY,
    is_sad boolean GENERATED ALWAYS AS (mask = B'101') STORED,
    mask bit(3),
    mood acme.mood NOT NULL DEFAULT 'ok',
    level acme.level,
    kind acme.kind,
    nothing acme.nothing,
    state acme.state NOT NULL DEFAULT 'open',
    CHECK (level > '9'),
    CHECK (state <> 'done' OR id > 0)
);
CREATE VIEW acme.sad_days AS SELECT id FROM acme.days WHERE mood = 'sad';
CREATE FUNCTION acme.is_a(one acme.kind) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT one = 'a' $$;
CREATE INDEX days_of_a ON acme.days (id) WHERE acme.is_a(kind);
CREATE TABLE acme.states (id bigint PRIMARY KEY, state acme.state);
CREATE TABLE acme.past_states (id bigint PRIMARY KEY, state acme.state);
INSERT INTO acme.days (id, mask, level, kind) VALUES (1, B'101', '10', 'a');
