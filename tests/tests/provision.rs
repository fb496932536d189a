//! Grants and seeds of new tenants.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use postgres::{Client, NoTls};
use tenantry::migrate::Chain;
use tenantry::scope::Options;
use tenantry::testing::TestDb;
use tenantry::{Database, ErrorKind};
use tenantry_tests::fleet::{
    CUSTOMERS, Fleet, INVOICES, PLANS, create, key, migrate, migrator, texts,
};

fn with_files(more: &[(&str, &str)]) -> Chain {
    let mut files: Vec<(String, String)> = Vec::new();
    for (folder, texts) in [PLANS, CUSTOMERS] {
        files.push((
            format!("{folder}/migration.toml"),
            format!("format = 1\nid = \"{folder}\""),
        ));
        files.extend(
            texts
                .iter()
                .map(|(name, text)| (format!("{folder}/{name}"), (*text).to_owned())),
        );
    }
    files.extend(
        more.iter()
            .map(|(path, text)| ((*path).to_owned(), (*text).to_owned())),
    );
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    Chain::from_files(&files).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn new_tenants_get_grants_and_seeds_and_others_do_not() {
    let db = Fleet::of(TestDb::new());
    let mut client = db.connect();
    let role = format!("reader_{}", db.name());
    client
        .batch_execute(&format!("CREATE ROLE {role}"))
        .unwrap();
    migrate(&mut client, with_files(&[]));
    create(&mut client, "before");
    let grants = format!(
        "GRANT USAGE ON SCHEMA \"{{tenant}}\" TO {role};\nGRANT SELECT ON ALL TABLES IN SCHEMA \"{{tenant}}\" TO {role};\n\
         ALTER DEFAULT PRIVILEGES IN SCHEMA \"{{tenant}}\" GRANT SELECT ON TABLES TO {role};"
    );
    let seeded = with_files(&[
        ("baseline/grants.sql", &grants),
        (
            "baseline/seed.sql",
            "INSERT INTO \"{tenant}\".customers (id, name) VALUES (1, 'Demo');\n",
        ),
    ]);
    migrate(&mut client, seeded);
    create(&mut client, "after");
    let names = |client: &mut Client, schema: &str| {
        texts(client, &format!("SELECT name FROM {schema}.customers"))
    };
    assert_eq!(names(&mut client, "after"), ["Demo"]);
    assert!(names(&mut client, "before").is_empty());
    let may = format!(
        "SELECT pg_catalog.has_table_privilege('{role}', 'after.invoices', 'SELECT')::text"
    );
    let files = [
        ("baseline/grants.sql", grants.as_str()),
        (
            "baseline/seed.sql",
            "INSERT INTO \"{tenant}\".customers (id, name) VALUES (2, 'Other');\n",
        ),
        (
            "0003_invoices/migration.toml",
            "format = 1\nid = \"0003_invoices\"",
        ),
        ("0003_invoices/tenant.up.sql", INVOICES.1[0].1),
    ];
    migrate(&mut client, with_files(&files));
    assert_eq!(texts(&mut client, &may), ["true"]);
    create(&mut client, "later");
    assert_eq!(names(&mut client, "later"), ["Other"]);

    migrate(&mut client, with_files(&files[2..]));
    create(&mut client, "bare");
    assert!(names(&mut client, "bare").is_empty());
    client
        .batch_execute(&format!("DROP OWNED BY {role}; DROP ROLE {role}"))
        .unwrap();
}

#[test]
fn a_seed_that_fails_names_its_line_and_leaves_no_tenant() {
    let db = Fleet::of(TestDb::new());
    let mut client = db.connect();
    migrate(
        &mut client,
        with_files(&[(
            "baseline/seed.sql",
            "SELECT 1;\nINSERT INTO \"{tenant}\".customers (nmae) VALUES ('x');\n",
        )]),
    );
    let error = db.tenants().create(key("a")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Migration);
    let text = error.to_string();
    assert!(
        text.contains("`baseline/seed.sql`, line 2") && text.contains("tenant `a`"),
        "{text}"
    );
    assert!(!db.has("a"));
}

#[test]
fn what_a_seed_sets_for_constraints_ends_with_it() {
    for setting in ["DEFERRED", "IMMEDIATE"] {
        let db = Fleet::of(TestDb::new());
        let mut client = db.connect();
        let seed = format!(
            "SET CONSTRAINTS ALL {setting};\nINSERT INTO \"{{tenant}}\".customers (id, name) VALUES (1, 'Demo');\n"
        );
        migrate(
            &mut client,
            with_files(&[
                ("0003_keys/migration.toml", "format = 1\nid = \"0003_keys\""),
                (
                    "0003_keys/tenant.up.sql",
                    "CREATE TABLE \"{tenant}\".now (id int REFERENCES \"{tenant}\".customers DEFERRABLE);\n\
                     CREATE TABLE \"{tenant}\".\"then\" (id int, CONSTRAINT \"The Key\" FOREIGN KEY (id) REFERENCES \"{tenant}\".customers \
                     DEFERRABLE INITIALLY DEFERRED);\n\
                     CREATE TABLE \"{tenant}\".first (id int, CONSTRAINT same FOREIGN KEY (id) REFERENCES \"{tenant}\".customers DEFERRABLE);\n\
                     CREATE TABLE \"{tenant}\".second (id int, CONSTRAINT same FOREIGN KEY (id) REFERENCES \"{tenant}\".customers \
                     DEFERRABLE INITIALLY DEFERRED);",
                ),
                ("baseline/seed.sql", &seed),
            ]),
        );
        let db = Database::connect(db.url()).unwrap();
        let into = |table: &str, id: i32| {
            db.tenants()
                .create_with(&key(&format!("t_{table}_{id}")), |tx| {
                    let schema = tx.schema().as_str().to_owned();
                    let client = tx.client();
                    client.batch_execute(&format!(
                        "INSERT INTO {schema}.\"{table}\" VALUES ({id}); \
                     INSERT INTO {schema}.customers (id, name) VALUES ({id}, 'late')"
                    ))?;
                    Ok::<(), tenantry::Error>(())
                })
        };
        // Each key is checked when it was declared to be, whatever the seed has said.
        into("then", 2).unwrap();
        assert!(into("now", 2).is_err(), "{setting}");
        // One word is for all of a name: none of them is checked later than it was declared to be.
        assert!(into("first", 2).is_err(), "{setting}");
    }
}

#[test]
fn a_seed_waits_for_the_tables_that_it_is_written_for() {
    let db = Fleet::of(TestDb::new());
    let mut client = db.connect();
    migrate(&mut client, with_files(&[]));
    create(&mut client, "broken");
    client
        .batch_execute("CREATE TABLE broken.invoices (id int)")
        .unwrap();
    let files = [
        (
            "baseline/seed.sql",
            "INSERT INTO \"{tenant}\".invoices VALUES (1, 2);\n",
        ),
        (
            "0003_invoices/migration.toml",
            "format = 1\nid = \"0003_invoices\"",
        ),
        ("0003_invoices/tenant.up.sql", INVOICES.1[0].1),
    ];
    assert_eq!(
        migrator(with_files(&files))
            .on(&mut client)
            .attempt()
            .unwrap()
            .failed
            .len(),
        1
    );
    create(&mut client, "early");
    client.batch_execute("DROP TABLE broken.invoices").unwrap();
    migrate(&mut client, with_files(&files));
    create(&mut client, "late");
    assert_eq!(
        texts(&mut client, "SELECT id::text FROM late.invoices"),
        ["1"]
    );
}

#[test]
fn a_seed_that_names_its_tenant_in_a_text_is_made_for_the_tenant_and_not_for_a_standby() {
    let db = Fleet::of(TestDb::new());
    let mut client = db.connect();
    let seed =
        "INSERT INTO \"{tenant}\".customers (id, name) VALUES (1, '\"{tenant}\"'::regnamespace);\n";
    migrate(&mut client, with_files(&[("baseline/seed.sql", seed)]));
    assert_eq!(db.tenants().refill_standbys(1).unwrap(), 0);
    let reason = db.tenants().standbys().unwrap().reason.unwrap();
    assert!(reason.contains("the seed"), "{reason}");
    create(&mut client, "after");
    let name = "SELECT name FROM after.customers";
    assert_eq!(texts(&mut client, name), ["after"]);
    migrate(&mut client, with_files(&[]));
    assert_eq!(db.tenants().refill_standbys(1).unwrap(), 1);
}

#[test]
fn a_file_that_is_no_part_of_the_baseline_is_refused() {
    let files = [("baseline/seeds.sql", "SELECT 1")];
    let error = Chain::from_files(&files).unwrap_err().to_string();
    assert!(error.contains("`grants.sql`, `seed.sql`"), "{error}");
    let files = [("baseline/seed.sql", "SELECT 1;\nCOMMIT;")];
    let error = Chain::from_files(&files).unwrap_err().to_string();
    assert!(error.contains("baseline/seed.sql:2"), "{error}");
}

/// The driver goes on using what it has prepared to look up types.
#[test]
fn what_a_seed_prepares_is_forgotten_and_what_the_driver_did_is_not() {
    let database = TestDb::new();
    let mut client = database.connect();
    let seed =
        "DO $$ BEGIN PERFORM pg_advisory_lock(1); EXECUTE 'PREPARE \"a B\" AS SELECT 1'; END $$;";
    migrate(&mut client, with_files(&[("baseline/seed.sql", seed)]));
    let types =
        "CREATE TYPE public.one AS ENUM ('a'); CREATE TYPE public.other AS (a public.one, b int)";
    client.batch_execute(types).unwrap();
    let mut options = Options::default();
    options.max_connections = 1;
    let db = Database::connect_with(&database.config(), NoTls, options).unwrap();
    let left = "SELECT count(*) FROM pg_prepared_statements WHERE from_sql \
                UNION ALL SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()";
    for (tenant, look) in [
        ("a", "SELECT NULL::public.one"),
        ("b", "SELECT NULL::public.other"),
        ("c", "SELECT NULL::public.one[]"),
    ] {
        let rows = db.shared().unwrap().client().query(look, &[]);
        rows.unwrap_or_else(|error| panic!("{look}: {error:?}"));
        db.tenants().create(&key(tenant)).unwrap();
        let mut scope = db.shared().unwrap();
        let rows = scope.client().query_typed(left, &[]).unwrap();
        let left: Vec<i64> = rows.iter().map(|row| row.get(0)).collect();
        assert_eq!(left, [0, 0], "{tenant}");
    }
}
