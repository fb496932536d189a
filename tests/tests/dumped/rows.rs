//! Rows, as `pg_dump` tells them.

use super::*;

#[test]
fn rows_are_alike_where_two_replays_give_them_alike() {
    for migrations in [
        &[
            r#"CREATE TABLE "{tenant}".versions (version text PRIMARY KEY); INSERT INTO "{tenant}".versions VALUES ('20140924113530'), ('it''s \ "{x}"')"#,
        ][..],
        &[
            r#"CREATE TABLE "{tenant}".a (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, boss bigint REFERENCES "{tenant}".a, n numeric, f float8, b bytea,
                   at timestamptz, i interval, j jsonb, k text[], u text GENERATED ALWAYS AS (upper(n::text)) STORED);
               CREATE TABLE "{tenant}".none (); CREATE SEQUENCE "{tenant}".s;
               CREATE FUNCTION "{tenant}".t() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.n := NEW.n + 1; RETURN NEW; END $$;
               CREATE TRIGGER t BEFORE INSERT ON "{tenant}".a FOR EACH ROW EXECUTE FUNCTION "{tenant}".t()"#,
            r#"INSERT INTO "{tenant}".a (boss, n, f, b, at, i, j, k) VALUES (2, 1.50, 0.1, '\x00ff', '2020-01-01 00:00:00+02', '-1 mon 2 days 03:04:05.6', '{"{x}": 1}', '{"a,b",NULL}'),
                   (1, 'NaN', '-Infinity', '', 'infinity', NULL, 'null', '{}');
               INSERT INTO "{tenant}".none DEFAULT VALUES; INSERT INTO "{tenant}".none DEFAULT VALUES;
               SELECT nextval('"{tenant}".s'), setval('"{tenant}".s', 40, false)"#,
            r#"UPDATE "{tenant}".a SET n = 7 WHERE id = 1; CREATE MATERIALIZED VIEW "{tenant}".m AS SELECT n FROM "{tenant}".a"#,
        ],
    ] {
        assert_eq!(wrong(migrations), None, "{}", migrations[0]);
    }
}

#[test]
fn rows_that_do_not_use_the_clock_that_is_there_are_alike() {
    assert_eq!(
        wrong(&[
            r#"CREATE TABLE "{tenant}".t (id uuid PRIMARY KEY DEFAULT gen_random_uuid(), word text, at timestamptz DEFAULT now());
               CREATE FUNCTION "{tenant}".touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.at := now(); RETURN NEW; END $$;
               CREATE TRIGGER touch BEFORE UPDATE ON "{tenant}".t FOR EACH ROW EXECUTE FUNCTION "{tenant}".touch();
               CREATE TABLE "{tenant}".log (day date DEFAULT CURRENT_DATE)"#,
            r#"INSERT INTO "{tenant}".t VALUES ('6f5aee45-7d4c-4c1e-8a43-111111111111', 'it is now', '2020-01-01 00:00:00+00')"#,
            r#"ALTER TABLE "{tenant}".log ADD at timestamptz NOT NULL DEFAULT now()"#,
        ]),
        None
    );
}

#[test]
fn rows_that_another_replay_gives_otherwise_are_made_by_the_chain() {
    for (sql, word) in [
        (r#"INSERT INTO "{tenant}".t (at) VALUES (now())"#, "clock"),
        (
            r#"ALTER TABLE "{tenant}".t ALTER at SET DEFAULT now(); INSERT INTO "{tenant}".t DEFAULT VALUES"#,
            "column `at` of the rows of `t`",
        ),
        (
            r#"ALTER TABLE "{tenant}".t ALTER day SET DEFAULT CURRENT_DATE; INSERT INTO "{tenant}".t DEFAULT VALUES"#,
            "clock",
        ),
        (
            r#"ALTER TABLE "{tenant}".t ALTER year SET DEFAULT extract(year FROM now()); INSERT INTO "{tenant}".t (id) VALUES (1)"#,
            "default",
        ),
        (
            r#"ALTER TABLE "{tenant}".t ALTER at TYPE timestamptz(0), ALTER at SET DEFAULT now(); INSERT INTO "{tenant}".t (id) VALUES (1)"#,
            "default",
        ),
        (
            r#"CREATE DOMAIN "{tenant}".y AS int DEFAULT date_part('year', CURRENT_DATE); ALTER TABLE "{tenant}".t ADD y "{tenant}".y; INSERT INTO "{tenant}".t (id) VALUES (1)"#,
            "default",
        ),
        (
            r#"INSERT INTO "{tenant}".t (id) VALUES (1); ALTER TABLE "{tenant}".t ADD y int DEFAULT extract(year FROM now())"#,
            "`ALTER TABLE",
        ),
        (
            r#"CREATE FUNCTION "{tenant}".y() RETURNS int LANGUAGE sql AS 'SELECT extract(year FROM now())::int';
               CREATE FUNCTION "{tenant}".z() RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN "{tenant}".y(); END $$; INSERT INTO "{tenant}".t (year) VALUES ("{tenant}".z())"#,
            "clock",
        ),
        (
            r#"CREATE FUNCTION "{tenant}".y() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.year := extract(year FROM now()); RETURN NEW; END $$;
               CREATE TRIGGER y BEFORE INSERT ON "{tenant}".t FOR EACH ROW EXECUTE FUNCTION "{tenant}".y(); INSERT INTO "{tenant}".t (id) VALUES (1)"#,
            "trigger",
        ),
        (
            r#"CREATE VIEW "{tenant}".v AS SELECT extract(year FROM now())::int AS y; INSERT INTO "{tenant}".t (year) SELECT y FROM "{tenant}".v"#,
            "clock",
        ),
        (
            r#"CREATE SEQUENCE "{tenant}".s; SELECT setval('"{tenant}".s', extract(year FROM now())::int)"#,
            "clock",
        ),
        (
            r#"INSERT INTO "{tenant}".t (word) VALUES (current_user)"#,
            "session",
        ),
        (
            r#"INSERT INTO "{tenant}".t (year) VALUES (CASE WHEN random() < 0.5 THEN 1 ELSE 2 END)"#,
            "chance",
        ),
        (
            r#"INSERT INTO "{tenant}".t (word) VALUES (gen_random_uuid()::text)"#,
            "chance",
        ),
        (
            r#"INSERT INTO "{tenant}".t (year) SELECT extract(year FROM now())"#,
            "clock",
        ),
        (
            r#"INSERT INTO "{tenant}".t (word) VALUES ('"{tenant}"'::regnamespace::text)"#,
            "column `word` of the rows of `t`",
        ),
        (
            r#"INSERT INTO "{tenant}".t (word) SELECT n.nspname FROM pg_catalog.pg_namespace AS n WHERE n.oid = '"{tenant}"'::regnamespace"#,
            "catalogue",
        ),
        (
            r#"INSERT INTO "{tenant}".t (id) SELECT 1 FROM generate_series(1, 1 + (random() * 100000)::int)"#,
            "chance",
        ),
        (
            r#"INSERT INTO "{tenant}".t (id) SELECT 1 FROM generate_series(1, '"{tenant}"'::regnamespace::oid::bigint % 100000)"#,
            "catalogue",
        ),
        (
            r#"INSERT INTO "{tenant}".t (id) SELECT 1 FROM generate_series(1, extract(day FROM '2020-01-15 11:00:00Z'::timestamptz)::int)"#,
            "number of rows of `t`",
        ),
        (
            r#"INSERT INTO "{tenant}".t (word) SELECT key FROM tenantry.tenant"#,
            "tenantry.tenant",
        ),
    ] {
        let reason = reason(&[TABLE, sql]);
        assert!(reason.contains(word), "{sql}: {reason}");
    }
}

#[test]
fn the_clock_is_seen_through_what_is_temporary_domains_partitions_and_dynamic_sql() {
    for (sql, word) in [
        (
            r#"CREATE TEMP TABLE c ON COMMIT DROP AS SELECT CURRENT_DATE AS day; INSERT INTO "{tenant}".t (day) SELECT day FROM c"#,
            "clock",
        ),
        (
            r#"CREATE TEMP TABLE c (year int DEFAULT extract(year FROM now())) ON COMMIT DROP; INSERT INTO c DEFAULT VALUES; INSERT INTO "{tenant}".t (year) SELECT year FROM c"#,
            "default",
        ),
        (
            r#"CREATE FUNCTION pg_temp.y() RETURNS int LANGUAGE sql AS 'SELECT extract(year FROM now())::int'; INSERT INTO "{tenant}".t (year) VALUES (pg_temp.y())"#,
            "clock",
        ),
        (
            r#"CREATE DOMAIN "{tenant}".y AS int DEFAULT date_part('year', CURRENT_DATE); INSERT INTO "{tenant}".t (id) VALUES (1); ALTER TABLE "{tenant}".t ADD y "{tenant}".y"#,
            "`ALTER TABLE",
        ),
        (
            r#"CREATE TABLE "{tenant}".p (id int) PARTITION BY LIST (id); CREATE TABLE "{tenant}".p1 PARTITION OF "{tenant}".p FOR VALUES IN (1);
               INSERT INTO "{tenant}".p VALUES (1); ALTER TABLE "{tenant}".p ADD y int DEFAULT extract(year FROM now())"#,
            "`ALTER TABLE",
        ),
        (
            r#"DO $$ BEGIN EXECUTE format('INSERT INTO %s (day) VALUES (''today'')', '"{tenant}".t'::regclass); END $$"#,
            "clock",
        ),
    ] {
        let reason = reason(&[TABLE, sql]);
        assert!(reason.contains(word), "{sql}: {reason}");
    }
}
