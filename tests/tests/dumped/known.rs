//! Which rows are known to be the same each time, and are part of a baseline.

use super::*;

/// Things of the shared schema that migrations use.
const SHARED: &str = r#"CREATE SEQUENCE "{shared}".numbers; CREATE TABLE "{shared}".words (word text);
    CREATE FUNCTION "{shared}".year(int, int) RETURNS int LANGUAGE sql AS 'SELECT $1 + extract(year FROM now())::int';
    CREATE OPERATOR "{shared}".+~ (FUNCTION = "{shared}".year, LEFTARG = int, RIGHTARG = int);
    CREATE FUNCTION "{shared}".second(int, int) RETURNS int LANGUAGE plpgsql AS $$ BEGIN RETURN $2 + random() * 0; END $$;
    CREATE TABLE "{shared}".kinds (id int PRIMARY KEY);
    CREATE AGGREGATE "{shared}".last(int) (SFUNC = "{shared}".second, STYPE = int, INITCOND = '0');
    CREATE FOREIGN TABLE "{shared}".far (word text) SERVER far OPTIONS (filename '/dev/null')"#;

/// Why there is no baseline of a chain that uses things of the shared schema.
fn reason_with_shared(sql: &str) -> String {
    let db = TestDb::new();
    let mut client = db.connect();
    client
        .batch_execute("CREATE EXTENSION IF NOT EXISTS file_fdw; CREATE EXTENSION IF NOT EXISTS unaccent; CREATE SERVER far FOREIGN DATA WRAPPER file_fdw")
        .unwrap();
    let shared: Folder<'_> = ("0001_shared", &[("shared.up.sql", SHARED)]);
    let table: Folder<'_> = ("0002_t", &[("tenant.up.sql", TABLE)]);
    let files = [("tenant.up.sql", sql)];
    migrate(&mut client, chain(&[shared, table, ("0003_m", &files)]));
    texts(
        &mut client,
        "SELECT coalesce(reason, '') FROM tenantry.baseline",
    )
    .concat()
}

/// Statements that are not known to give the same each time, and a word of the reason.
const UNKNOWN: &[(&str, &str)] = &[
    (
        r#"INSERT INTO "{tenant}".t (word) VALUES (current_setting('server_version'))"#,
        "session",
    ),
    (
        r#"DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_constraint WHERE conrelid = '"{tenant}".t'::regclass AND contype = 'c') THEN ALTER TABLE "{tenant}".t ADD CHECK (day > 'today'); END IF; END $$"#,
        "clock",
    ),
    (
        r#"PREPARE p AS INSERT INTO "{tenant}".t (year) VALUES (extract(year FROM now())); EXECUTE p"#,
        "clock",
    ),
    (
        r#"INSERT INTO "{tenant}".t (year) VALUES (extract(year FROM ('no' || 'w')::timestamptz))"#,
        "clock",
    ),
    (
        r#"INSERT INTO "{tenant}".t (id) SELECT 1 WHERE '2020-01-01'::date < 'today'"#,
        "clock",
    ),
    (
        r#"INSERT INTO "{tenant}".t (word) VALUES ('now'); INSERT INTO "{tenant}".t (year) SELECT extract(year FROM word::date) FROM "{tenant}".t"#,
        "clock",
    ),
    (
        r#"INSERT INTO "{tenant}".t (word) VALUES ('now'); DO $$ DECLARE d date; BEGIN SELECT word INTO d FROM "{tenant}".t LIMIT 1;
           INSERT INTO "{tenant}".t (year) VALUES (extract(year FROM d)); END $$"#,
        "clock",
    ),
    (
        r#"INSERT INTO "{tenant}".t (year) VALUES (1 OPERATOR("{shared}".+~) 2)"#,
        "clock",
    ),
    (
        r#"INSERT INTO "{tenant}".t (year) SELECT "{shared}".last(n) FROM generate_series(1, 3) AS n"#,
        "chance",
    ),
    (
        r#"INSERT INTO "{tenant}".t (id) SELECT count(*) FROM pg_catalog.pg_class WHERE relname = 't'"#,
        "catalogue",
    ),
    (
        r#"INSERT INTO "{tenant}".t (id) SELECT count(*) FROM information_schema.tables"#,
        "catalogue",
    ),
    (
        r#"INSERT INTO "{tenant}".t (id) VALUES (nextval('"{shared}".numbers'))"#,
        "sequence of another schema",
    ),
    (
        r#"ALTER TABLE "{tenant}".t ALTER id SET DEFAULT nextval('"{shared}".numbers'); INSERT INTO "{tenant}".t (year) VALUES (1)"#,
        "sequence of another schema",
    ),
    (
        r#"INSERT INTO "{tenant}".t (id) VALUES (1); ALTER TABLE "{tenant}".t ADD n int DEFAULT nextval('"{shared}".numbers')"#,
        "sequence of another schema",
    ),
    (
        r#"INSERT INTO "{tenant}".t (id) SELECT count(*) FROM "{shared}".words"#,
        "rows of other schemas",
    ),
    (
        r#"INSERT INTO "{tenant}".t (id) VALUES (txid_current() % 1)"#,
        "chance",
    ),
    (
        r#"INSERT INTO "{tenant}".t (id) VALUES (pg_backend_pid() % 1)"#,
        "session",
    ),
    (
        r#"INSERT INTO "{tenant}".t (word) SELECT inet_client_addr()::text"#,
        "session",
    ),
    (
        r#"INSERT INTO "{tenant}".t (id) SELECT count(*) FROM "{shared}".far"#,
        "clock",
    ),
    (
        r#"INSERT INTO "{tenant}".t (id) VALUES (1); INSERT INTO "{tenant}".t (id) SELECT xmin::text::bigint % 1 FROM "{tenant}".t"#,
        "catalogue",
    ),
    (
        r#"CREATE RULE also AS ON INSERT TO "{tenant}".t DO ALSO UPDATE "{tenant}".t SET year = extract(year FROM now());
           DO $$ BEGIN EXECUTE format('INSERT INTO %s (id) VALUES (1)', '"{tenant}".t'::regclass); END $$"#,
        "rule",
    ),
    (
        r#"DO $$ BEGIN EXECUTE 'INSERT INTO ' || '"{tenant}".t'::regclass || ' (id) VALUES (1)'; END $$"#,
        "put together",
    ),
    (
        r#"CREATE SEQUENCE "{tenant}".s; DO $$ BEGIN PERFORM setval('"{tenant}".s', 1 + pg_backend_pid() % 1); END $$"#,
        "session",
    ),
    (
        r#"CREATE FUNCTION "{tenant}".c() RETURNS int LANGUAGE sql AS 'SELECT count(*)::int FROM pg_catalog.pg_class WHERE false'; INSERT INTO "{tenant}".t (id) VALUES ("{tenant}".c())"#,
        "catalogue",
    ),
];

#[test]
fn only_what_is_known_to_be_the_same_each_time_gives_rows_of_a_baseline() {
    for (sql, word) in UNKNOWN {
        let reason = reason_with_shared(sql);
        assert!(reason.contains(word), "{sql}: {reason}");
    }
}

#[test]
fn rows_that_come_in_unseen_ways_are_no_part_of_a_baseline() {
    for (sql, word) in [
        (
            r#"INSERT INTO "{tenant}".t (id) SELECT 1 WHERE extract(year FROM now()) > 2100"#,
            "clock",
        ),
        (
            r#"INSERT INTO "{tenant}".t (id, day) VALUES (1, '2020-01-01'); DELETE FROM "{tenant}".t WHERE day < now() - interval '100 years'"#,
            "clock",
        ),
        (
            r#"CREATE TABLE "{tenant}".u (id int, at timestamptz DEFAULT now()); INSERT INTO "{tenant}".u VALUES (1);
               INSERT INTO "{tenant}".t (year) SELECT extract(year FROM at) FROM "{tenant}".u; ALTER TABLE "{tenant}".u DROP at"#,
            "change or drop values",
        ),
        (
            r#"CREATE TABLE "{tenant}".u (id uuid DEFAULT gen_random_uuid()); INSERT INTO "{tenant}".u VALUES (DEFAULT);
               INSERT INTO "{tenant}".t (word) SELECT left(id::text, 1) FROM "{tenant}".u; DROP TABLE "{tenant}".u"#,
            "change or drop values",
        ),
        (
            r#"CREATE TABLE "{tenant}".u (id int, at timestamptz DEFAULT now()); CREATE TABLE "{tenant}".w (id int, at timestamptz(0)); INSERT INTO "{tenant}".u (id) VALUES (1);
               WITH gone AS (DELETE FROM "{tenant}".u RETURNING *) INSERT INTO "{tenant}".w SELECT id, at FROM gone"#,
            "change or drop values",
        ),
        (
            r#"CREATE TABLE "{tenant}".u (id int, at timestamptz DEFAULT now()); INSERT INTO "{tenant}".u (id) VALUES (1);
               INSERT INTO "{tenant}".t (year) SELECT extract(year FROM at) FROM "{tenant}".u; TRUNCATE "{tenant}".u"#,
            "change or drop values",
        ),
        (
            r#"CREATE TABLE "{tenant}".u (id int, at timestamptz DEFAULT now()); INSERT INTO "{tenant}".u (id) VALUES (1); UPDATE "{tenant}".u SET at = date_trunc('month', at, 'UTC')"#,
            "change or drop values",
        ),
        (
            r#"INSERT INTO "{tenant}".t (day) VALUES ('2200-01-01'); CREATE VIEW "{tenant}".due AS SELECT id FROM "{tenant}".t WHERE day < now(); INSERT INTO "{tenant}".t (id) SELECT id FROM "{tenant}".due"#,
            "clock",
        ),
        (
            r#"INSERT INTO "{tenant}".t (day) VALUES ('2200-01-01'); CREATE FUNCTION "{tenant}".due() RETURNS SETOF int LANGUAGE sql AS $$ SELECT id FROM "{tenant}".t WHERE day < now() $$;
               INSERT INTO "{tenant}".t (id) SELECT d FROM "{tenant}".due() AS d"#,
            "clock",
        ),
        (
            r#"DO $$ BEGIN IF EXISTS (SELECT FROM "{shared}".words WHERE word = 'there') THEN INSERT INTO "{tenant}".t (id) VALUES (1); END IF; END $$"#,
            "rows of other schemas",
        ),
        (
            r#"CREATE TABLE "{tenant}".w AS TABLE "{shared}".words WITH NO DATA; INSERT INTO "{tenant}".w TABLE "{shared}".words"#,
            "rows of other schemas",
        ),
        (
            r#"INSERT INTO "{tenant}".t (year) VALUES (extract(year FROM lower('[2020-01-01,now)'::tstzrange)))"#,
            "clock",
        ),
        (
            r#"DO $$ BEGIN COPY "{tenant}".t (id) FROM PROGRAM 'date +%d'; END $$"#,
            "chance",
        ),
        (
            r#"INSERT INTO "{tenant}".t (id) VALUES (pg_try_advisory_xact_lock(42)::int)"#,
            "chance",
        ),
        (
            r#"INSERT INTO "{tenant}".t (year) VALUES (extract(year FROM "pg_catalog".now()))"#,
            "clock",
        ),
        (
            r#"DO $$ DECLARE q text; BEGIN q := 'INSERT INTO ' || '"{tenant}".t'::regclass || ' (id) VALUES (1)'; EXECUTE q; END $$"#,
            "put together",
        ),
        (
            r#"CREATE VIEW "{tenant}".v AS SELECT id FROM "{tenant}".t;
               CREATE FUNCTION "{tenant}".through() RETURNS trigger LANGUAGE plpgsql AS
               $$ BEGIN INSERT INTO "{tenant}".t (year) VALUES (extract(year FROM now())); RETURN NEW; END $$;
               CREATE TRIGGER through INSTEAD OF INSERT ON "{tenant}".v FOR EACH ROW EXECUTE FUNCTION "{tenant}".through();
               INSERT INTO "{tenant}".v VALUES (1)"#,
            "trigger",
        ),
    ] {
        let reason = reason_with_shared(sql);
        assert!(reason.contains(word), "{sql}: {reason}");
    }
}

#[test]
fn structures_that_have_the_time_in_them_are_no_baseline() {
    for sql in [
        r#"CREATE TABLE "{tenant}".p (at timestamptz) PARTITION BY RANGE (at); CREATE TABLE "{tenant}".p_1 PARTITION OF "{tenant}".p FOR VALUES FROM (now()) TO (now() + interval '1 month')"#,
        r#"CREATE TABLE "{tenant}".u (at timestamp DEFAULT 'now')"#,
        r#"CREATE TABLE "{tenant}".u (id int GENERATED ALWAYS AS IDENTITY, at timestamp DEFAULT 'now')"#,
        r#"ALTER TABLE "{tenant}".t ADD CHECK (at > 'now')"#,
        r#"CREATE INDEX ON "{tenant}".t (id) WHERE day >= 'tomorrow'"#,
        r#"CREATE VIEW "{tenant}".v AS SELECT id FROM "{tenant}".t WHERE day BETWEEN 'yesterday' AND '2200-01-01'"#,
        r#"CREATE INDEX CONCURRENTLY i ON "{tenant}".t (id) WHERE day >= 'today'"#,
        r#"ALTER TABLE "{tenant}".t ADD CHECK (day > E'today')"#,
        r#"ALTER TABLE "{tenant}".t ADD CHECK (day > E'to\x64ay')"#,
        r#"ALTER TABLE "{tenant}".t ADD CHECK (day > $t$today$t$)"#,
    ] {
        let reason = reason_with_shared(sql);
        assert!(reason.contains("keeps the time"), "{sql}: {reason}");
    }
}

#[test]
fn rows_of_what_is_known_to_be_the_same_each_time_are_alike() {
    for sql in [
        r#"INSERT INTO "{tenant}".t (id, word) SELECT n, to_char('2020-01-01'::date + n, 'YYYY-MM') || md5(n::text) FROM generate_series(1, 9) AS n;
           UPDATE "{tenant}".t SET word = (SELECT jsonb_agg(to_jsonb(u)->'id')::text FROM "{tenant}".t AS u), year = extract(year FROM day)"#,
        r#"DO $$ BEGIN IF NOT EXISTS (SELECT FROM information_schema.columns WHERE table_schema = '"{tenant}"'::regnamespace::text AND column_name = 'more')
               THEN ALTER TABLE "{tenant}".t ADD more text; END IF; END $$; INSERT INTO "{tenant}".t (id, more) VALUES (1, 'x')"#,
        r#"CREATE SEQUENCE "{tenant}".s; INSERT INTO "{tenant}".t (id) SELECT nextval('"{tenant}".s') FROM generate_series(1, 3);
           SELECT setval('"{tenant}".s', (SELECT max(id) FROM "{tenant}".t)); SELECT pg_advisory_xact_lock(7)"#,
        r#"PREPARE p (int) AS INSERT INTO "{tenant}".t (id) VALUES ($1); EXECUTE p(1); DEALLOCATE p; DELETE FROM "{tenant}".t AS a USING "{tenant}".t AS b WHERE a.ctid < b.ctid"#,
        r#"DO $$ BEGIN EXECUTE format('INSERT INTO %s (id) VALUES ($1)', '"{tenant}".t'::regclass) USING 1; END $$"#,
        r#"UPDATE "{tenant}".t SET day = now(); INSERT INTO "{tenant}".t (day) SELECT now() FROM "{tenant}".t WHERE day < now(); INSERT INTO "{tenant}".t (id) VALUES (1)"#,
        r#"INSERT INTO "{tenant}".t (word) VALUES ('Delete user'), ('Power user (all)'), ('Age (years)'), ('<p>Dear user, copy (now) this</p>'), ('Now hiring'), ($t$it is now or never$t$)"#,
        r#"INSERT INTO "{tenant}".t (word) VALUES ('Today'), ('now'), ('tomorrow'); UPDATE "{tenant}".t SET id = 7, word = 'yesterday' WHERE word = 'x';
           CREATE TABLE "{tenant}".u (id int, oid int, label text DEFAULT 'now'::text CHECK (label IN ('now', 'later')));
           INSERT INTO "{tenant}".u (id, oid) VALUES (1, 2); UPDATE "{tenant}".u AS v SET oid = 3 WHERE v.oid = 2"#,
        r#"ALTER TABLE "{tenant}".t ADD CHECK (word <> 'now'); CREATE VIEW "{tenant}".v AS SELECT id FROM "{tenant}".t WHERE word IN ('today', 'tomorrow');
           CREATE INDEX ON "{tenant}".t (id) WHERE word = 'yesterday'; COMMENT ON TABLE "{tenant}".t IS 'now'"#,
        r#"CREATE TABLE "{tenant}".u (at timestamptz CHECK (at > '2020-01-01 00:00+00'), label text DEFAULT 'now'::text); CREATE INDEX ON "{tenant}".u (label) WHERE at > '2021-01-01 00:00+00'"#,
        r#"INSERT INTO "{tenant}".t (word) SELECT age('2020-01-01'::timestamp, '2019-01-01'::timestamp)::text"#,
        r#"INSERT INTO "{tenant}".t (word) SELECT public.unaccent('Öre')"#,
        r#"CREATE TABLE "{tenant}".ad (id int, copy text); INSERT INTO "{tenant}".ad (id, copy) VALUES (1, 'x')"#,
        r#"CREATE FUNCTION "{tenant}".touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.word := 'touched'; RETURN NEW; END $$;
           CREATE DOMAIN "{tenant}".email AS text CHECK (VALUE ~ '@');
           CREATE TABLE "{tenant}".u (id int REFERENCES "{shared}".kinds, word text, mail "{tenant}".email);
           CREATE TRIGGER touch BEFORE UPDATE ON "{tenant}".u FOR EACH ROW EXECUTE FUNCTION "{tenant}".touch(); INSERT INTO "{tenant}".u VALUES (NULL, 'x', 'a@b')"#,
        r#"CREATE FUNCTION "{tenant}".tell() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_notify('changes', TG_TABLE_NAME || ' ' || NEW.id); RETURN NULL; END $$;
           CREATE TRIGGER tell AFTER INSERT ON "{tenant}".t FOR EACH ROW EXECUTE FUNCTION "{tenant}".tell(); INSERT INTO "{tenant}".t (id) VALUES (1)"#,
        r#"CREATE TABLE "{tenant}".u (id int, at timestamptz DEFAULT now()); INSERT INTO "{tenant}".u (id, at) VALUES (1, '2020-01-01Z'); UPDATE "{tenant}".u SET id = 2"#,
        r#"CREATE TABLE "{tenant}".p (at timestamptz) PARTITION BY RANGE (at); CREATE TABLE "{tenant}".p_1 PARTITION OF "{tenant}".p FOR VALUES FROM ('2020-01-01') TO (MAXVALUE); CREATE TABLE "{tenant}".u (state text DEFAULT 'new')"#,
    ] {
        assert_eq!(reason_with_shared(sql), "", "{sql}");
    }
}
