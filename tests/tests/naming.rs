//! Migrations that look at the name of the schema that they run in: a new tenant is as one of its name that was migrated.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use postgres::Client;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{app, chain, create, migrate, texts};

const TABLE: &str = "CREATE TABLE \"{tenant}\".t (id int, eu bool, origin text)";

/// Migrations after the table that depend on the name.
const ALL: [&str; 18] = [
    r#"INSERT INTO "{tenant}".t (id) SELECT 1 WHERE '"{tenant}"'::regnamespace::text LIKE 'eu%'"#,
    r#"INSERT INTO "{tenant}".t (id) SELECT 1 WHERE left('"{tenant}".t'::regclass::text, 2) = 'eu'"#,
    r#"INSERT INTO "{tenant}".t (id, eu) SELECT 1, starts_with(pg_typeof(t)::text, 'eu') FROM (VALUES (NULL::"{tenant}".t)) AS v (t)"#,
    r#"DO $$ BEGIN IF '"{tenant}"'::regnamespace::text ~ '^eu' THEN ALTER TABLE "{tenant}".t ADD vat text; END IF; END $$"#,
    r#"DO $$ DECLARE n text := '"{tenant}"'::regnamespace; BEGIN CASE substr(n, 1, 2) WHEN 'eu' THEN CREATE TABLE "{tenant}".vat (id int); ELSE NULL; END CASE; END $$"#,
    r#"CREATE FUNCTION "{tenant}".f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.eu := TG_TABLE_SCHEMA LIKE 'eu%'; RETURN NEW; END $$;
       CREATE TRIGGER f BEFORE INSERT ON "{tenant}".t FOR EACH ROW EXECUTE FUNCTION "{tenant}".f(); INSERT INTO "{tenant}".t (id) VALUES (1)"#,
    r#"CREATE FUNCTION "{tenant}".own() RETURNS text LANGUAGE sql AS $$ SELECT '"{tenant}"'::regnamespace::text $$;
       INSERT INTO "{tenant}".t (id, eu) VALUES (1, "{tenant}".own() < 'm')"#,
    r#"CREATE VIEW "{tenant}".here AS SELECT '"{tenant}"'::regnamespace::text AS name; INSERT INTO "{tenant}".t (id) SELECT 1 FROM "{tenant}".here WHERE name >= 'f'"#,
    r#"INSERT INTO "{tenant}".t (id, origin) VALUES (1, '"{tenant}"'::regnamespace); UPDATE "{tenant}".t SET eu = origin LIKE 'eu%', origin = NULL"#,
    r#"ALTER TABLE "{tenant}".t ALTER eu SET DEFAULT '"{tenant}"'::regnamespace::text LIKE 'eu%'; INSERT INTO "{tenant}".t (id) VALUES (1); ALTER TABLE "{tenant}".t ALTER eu DROP DEFAULT"#,
    r#"DO $$ BEGIN PERFORM NULL::"{tenant}".t.zip; EXCEPTION WHEN OTHERS THEN NULL; END $$;
       DO $$ DECLARE c text; BEGIN GET DIAGNOSTICS c = PG_CONTEXT; BEGIN INSERT INTO "{tenant}".missing VALUES (1); EXCEPTION WHEN OTHERS THEN
       IF SQLERRM LIKE '%"eu%' OR SQLERRM LIKE '%eu_%' THEN INSERT INTO "{tenant}".t (id) VALUES (1); END IF; END; END $$"#,
    r#"DO $$ BEGIN IF EXISTS (SELECT FROM "{shared}".regions AS r WHERE r.schema = '"{tenant}"'::regnamespace::text) THEN INSERT INTO "{tenant}".t (id) VALUES (1); END IF; END $$"#,
    r#"DO $$ BEGIN IF EXISTS (SELECT FROM "{shared}".regions AS r WHERE r.schema = '"{tenant}"'::regnamespace::text) THEN ALTER TABLE "{tenant}".t ADD vat text; END IF; END $$"#,
    r#"DO $$ DECLARE r record; BEGIN FOR r IN SELECT region FROM "{shared}".regions WHERE schema = '"{tenant}"'::regnamespace::text LOOP EXECUTE format('CREATE TABLE %s.%I (id int)', '"{tenant}"'::regnamespace, r.region); END LOOP; END $$"#,
    r#"INSERT INTO "{tenant}".t (id, origin) SELECT 1, r.region FROM "{shared}".regions AS r WHERE r.schema = '"{tenant}"'::regnamespace::text"#,
    r#"CREATE FUNCTION "{tenant}".f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN SELECT r.region INTO NEW.origin FROM "{shared}".regions AS r WHERE r.schema = TG_TABLE_SCHEMA; RETURN NEW; END $$;
       CREATE TRIGGER f BEFORE INSERT ON "{tenant}".t FOR EACH ROW EXECUTE FUNCTION "{tenant}".f(); INSERT INTO "{tenant}".t (id) VALUES (1)"#,
    r#"INSERT INTO "{tenant}".t (id, eu) SELECT 1, left(n.nspname, 2) = 'eu' FROM pg_catalog.pg_namespace AS n WHERE n.oid = '"{tenant}"'::regnamespace"#,
    r#"DO $$ BEGIN IF EXISTS (SELECT FROM pg_catalog.pg_tables WHERE schemaname = '"{tenant}"'::regnamespace::text AND schemaname ~ '^eu') THEN ALTER TABLE "{tenant}".t ADD vat text; END IF; END $$"#,
];

/// Rows that migrations find by the name of the schema.
const SHARED: &str = "CREATE TABLE \"{shared}\".regions (schema text PRIMARY KEY, region text); \
    INSERT INTO \"{shared}\".regions VALUES ('eu_old', 'eu'), ('eu_new', 'eu')";

/// Tables, columns and rows of a schema, without its name.
fn contents(client: &mut Client, schema: &str) -> Vec<String> {
    let columns = format!(
        "SELECT pg_catalog.format('%s.%s', table_name, column_name) FROM information_schema.columns \
         WHERE table_schema = '{schema}' ORDER BY 1"
    );
    let rows = format!("SELECT pg_catalog.to_jsonb(t)::text FROM {schema}.t AS t ORDER BY 1");
    let all = [texts(client, &columns), texts(client, &rows)].concat();
    all.iter().map(|text| text.replace(schema, "")).collect()
}

#[test]
fn a_new_tenant_is_as_one_of_such_a_name_that_was_migrated() {
    for sql in ALL {
        let db = TestDb::new();
        let mut client = db.connect();
        let folders: [(&str, &[(&str, &str)]); 2] = [
            (
                "0001_table",
                &[("shared.up.sql", SHARED), ("tenant.up.sql", TABLE)],
            ),
            ("0002_name", &[("tenant.up.sql", sql)]),
        ];
        migrate(&mut client, chain(&folders[..1]));
        create(&mut client, "eu_old");
        create(&mut client, "us_old");
        migrate(&mut client, chain(&folders));
        app(db.url()).tenants().refill_standbys(2).unwrap();
        create(&mut client, "eu_new");
        create(&mut client, "us_new");
        let [european, other] = ["eu_old", "us_old"].map(|key| contents(&mut client, key));
        assert_ne!(european, other, "{sql}");
        let [new, new_other] = ["eu_new", "us_new"].map(|key| contents(&mut client, key));
        assert_eq!((new, new_other), (european, other), "{sql}");
        let why = texts(&mut client, "SELECT standby_reason FROM tenantry.meta");
        assert!(why.concat().contains("for each tenant"), "{sql}: {why:?}");
    }
}
