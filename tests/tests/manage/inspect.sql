CREATE TYPE "{tenant}".mood AS ENUM ('calm', 'very upset');
CREATE DOMAIN "{tenant}".cents AS bigint CHECK (VALUE >= 0);
CREATE SEQUENCE "{tenant}".tickets START 100;

CREATE FUNCTION "{tenant}".initial(name text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT left(name, 1) $$;

CREATE TABLE "{tenant}".people (
    id serial PRIMARY KEY,
    name varchar(80) NOT NULL,
    email text NOT NULL UNIQUE,
    type text NOT NULL DEFAULT 'guest' CHECK (type IN ('guest', 'member', 'Honorary Member')),
    mood "{tenant}".mood NOT NULL DEFAULT 'calm',
    credit "{tenant}".cents NOT NULL DEFAULT 0,
    boss_id integer REFERENCES "{tenant}".people ON DELETE SET NULL,
    first text GENERATED ALWAYS AS (lower("left"(email, 1))) STORED,
    tags text[] NOT NULL DEFAULT '{}',
    extra json,
    born date,
    code char(2),
    search tsvector,
    seen timestamp(3) with time zone NOT NULL DEFAULT now(),
    "Nick" text,
    CONSTRAINT named CHECK (length(name) > 1 AND email <> name)
);
COMMENT ON TABLE "{tenant}".people IS 'A guest, or a member.';
COMMENT ON COLUMN "{tenant}".people.born IS E'Of the passport,\nif there is one.';
CREATE INDEX people_boss_id_idx ON "{tenant}".people (boss_id);
CREATE INDEX ON "{tenant}".people (lower(email)) WHERE type <> 'guest';
CREATE INDEX people_by_seen ON "{tenant}".people (seen DESC, name);
CREATE INDEX people_search ON "{tenant}".people USING gin (search);
CREATE UNIQUE INDEX people_one_name ON "{tenant}".people (name, born);
CREATE INDEX people_upset ON "{tenant}".people (name) WHERE mood = 'very upset';
CREATE INDEX people_initial ON "{tenant}".people ("{tenant}".initial(email));

CREATE TABLE "{tenant}"."order" (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    person_id integer NOT NULL,
    plan_id bigint REFERENCES "{shared}".plans ON DELETE RESTRICT,
    ticket integer NOT NULL DEFAULT nextval('"{tenant}".tickets'::regclass),
    number integer NOT NULL,
    total numeric(12, 2) NOT NULL CHECK (total >= 0),
    during tstzrange,
    note text COLLATE "C",
    latest_line_id bigint,
    CONSTRAINT order_of_whom FOREIGN KEY (person_id) REFERENCES "{tenant}".people ON UPDATE CASCADE ON DELETE CASCADE
        DEFERRABLE INITIALLY DEFERRED,
    UNIQUE (person_id, number),
    EXCLUDE USING gist (during WITH &&)
);

CREATE TABLE "{tenant}".order_lines (
    id bigint GENERATED ALWAYS AS IDENTITY (START 1000) PRIMARY KEY,
    order_id uuid NOT NULL REFERENCES "{tenant}"."order" ON DELETE CASCADE,
    "self" boolean NOT NULL DEFAULT false
);
ALTER TABLE "{tenant}"."order" ADD FOREIGN KEY (latest_line_id) REFERENCES "{tenant}".order_lines ON DELETE SET NULL;

CREATE TABLE "{tenant}".order_tags (
    order_id uuid REFERENCES "{tenant}"."order" ON DELETE CASCADE,
    tag text,
    PRIMARY KEY (order_id, tag)
);
CREATE TABLE "{tenant}".passports (person_id integer PRIMARY KEY REFERENCES "{tenant}".people, number text NOT NULL);
CREATE TABLE "{tenant}".log (at timestamptz NOT NULL DEFAULT now(), what text);
CREATE TABLE "{tenant}".visits (at date NOT NULL, place text) PARTITION BY RANGE (at);
CREATE TABLE "{tenant}".visits_of_2026 PARTITION OF "{tenant}".visits FOR VALUES FROM ('2026-01-01') TO ('2027-01-01');

CREATE VIEW "{tenant}".totals AS
    SELECT p.name, sum(o.total) AS total FROM "{tenant}".people p JOIN "{tenant}"."order" o ON o.person_id = p.id GROUP BY p.id;
CREATE FUNCTION "{tenant}".noted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO "{tenant}".log (what) VALUES (TG_OP);
    RETURN NULL;
END $$;
CREATE TRIGGER noted AFTER INSERT ON "{tenant}"."order" FOR EACH ROW EXECUTE FUNCTION "{tenant}".noted();
ALTER TABLE "{tenant}".passports ENABLE ROW LEVEL SECURITY;
CREATE POLICY all_of_them ON "{tenant}".passports USING (true);

INSERT INTO "{tenant}".people (name, email, type) VALUES ('Ann', 'ann@x.example', 'member'), ('Bob', 'bob@x.example', 'guest');
UPDATE "{tenant}".people SET boss_id = 1 WHERE id = 2;
INSERT INTO "{tenant}"."order" (person_id, plan_id, number, total) VALUES (1, 1, 1, 9.50);
