//! Migrations that are not one transaction: indexes that are built while others write, and what comes of a crash.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use postgres::{Client, NoTls};
use tenantry::ErrorKind;
use tenantry::migrate::{Chain, Migrator};
use tenantry::testing::{Server, TestDb};
use tenantry_tests::fleet::{
    CUSTOMERS, Folder, INVOICES, PLANS, chain, check_whole, create, migrate, migrator, shop, texts,
};
use tenantry_tests::wait::until_by;

const NAMES: Folder<'static> = (
    "0004_names",
    &[
        (
            "tenant.up.sql",
            "ALTER TABLE \"{tenant}\".customers ADD COLUMN rank int;\n\
             CREATE UNIQUE INDEX CONCURRENTLY customers_name ON \"{tenant}\".customers (name);\n\
             ALTER TABLE \"{tenant}\".customers ADD CONSTRAINT customers_name_key UNIQUE USING INDEX customers_name;\n",
        ),
        (
            "tenant.down.sql",
            "ALTER TABLE \"{tenant}\".customers DROP CONSTRAINT customers_name_key;\n\
             ALTER TABLE \"{tenant}\".customers DROP COLUMN rank;",
        ),
    ],
);

fn longer() -> Chain {
    chain(&[PLANS, CUSTOMERS, INVOICES, NAMES])
}

/// The shop's chain, and a migration with a line of its own in `migration.toml`.
fn described(line: &str, sql: &str) -> Chain {
    let mut files = Vec::new();
    let log: &[(&str, &str)] = &[("tenant.up.sql", sql)];
    for (folder, texts) in [PLANS, CUSTOMERS, INVOICES, ("0004_log", log)] {
        let line = if folder == "0004_log" { line } else { "" };
        let manifest = format!("format = 1\nid = \"{folder}\"\n{line}\n");
        files.push((format!("{folder}/migration.toml"), manifest));
        let texts = texts.iter();
        files.extend(texts.map(|(name, text)| (format!("{folder}/{name}"), (*text).to_owned())));
    }
    let files: Vec<(&str, &str)> = files
        .iter()
        .map(|(path, text)| (path.as_str(), text.as_str()))
        .collect();
    Chain::from_files(&files).unwrap()
}

fn young(db: &TestDb, tenants: &[&str]) -> Client {
    let mut client = db.connect();
    migrate(&mut client, shop());
    for tenant in tenants {
        create(&mut client, tenant);
    }
    client
}

fn with_workers(workers: usize, chain: Chain, db: &TestDb) -> Migrator {
    let url = db.url().to_owned();
    migrator(chain)
        .connect_by(move || Ok(Client::connect(&url, NoTls)?))
        .workers(workers)
}

fn steps(client: &mut Client) -> Vec<String> {
    let sql = "SELECT key || ' ' || version || '.' || step FROM tenantry.tenant ORDER BY id";
    texts(client, sql)
}

fn invalid(client: &mut Client) -> Vec<String> {
    let sql = "SELECT indexrelid::regclass::text FROM pg_catalog.pg_index WHERE NOT indisvalid";
    texts(client, sql)
}

/// Gives the tenant `big` a table that is big.
fn fill_big(client: &mut Client) {
    client
        .batch_execute(
            "INSERT INTO big.customers SELECT n, repeat('x', 100) || n, NULL FROM generate_series(1, 80000) AS n; \
             ANALYZE big.customers",
        )
        .unwrap();
}

#[test]
fn an_index_that_is_built_concurrently_splits_a_migration() {
    let db = TestDb::new();
    let mut client = young(&db, &["a", "b", "c", "d"]);
    let report = with_workers(2, longer(), &db)
        .on(&mut client)
        .run()
        .unwrap();
    assert_eq!(report.migrated, 4);
    assert_eq!(steps(&mut client), ["a 4.0", "b 4.0", "c 4.0", "d 4.0"]);
    // A new tenant gets the same in its one transaction.
    create(&mut client, "e");
    check_whole(&mut client, &longer());
    let report = migrator(longer())
        .on(&mut client)
        .rollback(Some("0003"))
        .unwrap();
    assert_eq!(report.migrated, 5);
    check_whole(&mut client, &longer());
}

#[test]
fn an_index_that_fails_leaves_nothing_and_the_next_run_goes_on_from_there() {
    let db = TestDb::new();
    let mut client = young(&db, &["a", "b", "c"]);
    client
        .batch_execute("INSERT INTO b.customers VALUES (1, 'Ann', NULL), (2, 'Ann', NULL)")
        .unwrap();
    let report = migrator(longer()).on(&mut client).attempt().unwrap();
    assert_eq!((report.migrated, report.failed.len()), (2, 1));
    let failure = report.failed[0].error.as_ref().unwrap();
    assert_eq!(failure.sqlstate.as_deref(), Some("23505"));
    assert!(
        failure
            .message
            .contains("`0004_names/tenant.up.sql`, line 2"),
        "{failure:?}"
    );
    // The column is there, the index is not, and the books know.
    assert_eq!(steps(&mut client), ["a 4.0", "b 3.2", "c 4.0"]);
    assert_eq!(invalid(&mut client), Vec::<String>::new());

    let error = migrator(longer())
        .on(&mut client)
        .rollback(Some("0002"))
        .unwrap_err();
    assert!(
        error.to_string().contains("tenant `b` is half-way"),
        "{error}"
    );
    let edited: Folder<'_> = (
        "0004_names",
        &[("tenant.up.sql", "SELECT 1"), ("tenant.down.sql", "")],
    );
    let error = migrator(chain(&[PLANS, CUSTOMERS, INVOICES, edited]))
        .on(&mut client)
        .run()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Diverged);

    client
        .batch_execute("DELETE FROM b.customers WHERE id = 2")
        .unwrap();
    let report = migrator(longer()).on(&mut client).run().unwrap();
    assert_eq!(report.migrated, 1);
    check_whole(&mut client, &longer());
}

#[test]
fn a_step_that_a_migration_has_not_is_an_error_and_ends() {
    let db = TestDb::new();
    let mut client = young(&db, &["a"]);
    migrator(longer()).on(&mut client).attempt().unwrap();
    create(&mut client, "b");
    client
        .batch_execute(
            "UPDATE tenantry.tenant SET version = 3, step = 9 WHERE key = 'b'; \
             DELETE FROM tenantry.ledger WHERE migration = '0004_names' AND tenant_id = 2",
        )
        .unwrap();
    let report = migrator(longer()).on(&mut client).attempt().unwrap();
    let failure = report.failed[0].error.as_ref().unwrap();
    assert!(failure.message.contains("which has only 3"), "{failure:?}");
}

#[test]
fn a_session_that_is_lost_while_it_builds_an_index_loses_nothing() {
    let db = TestDb::new();
    let mut client = young(&db, &["a"]);
    for round in 0..3 {
        // An old snapshot keeps the index from being finished.
        let mut other = db.connect();
        let mut old = other
            .build_transaction()
            .isolation_level(postgres::IsolationLevel::RepeatableRead)
            .start()
            .unwrap();
        old.batch_execute("SELECT count(*) FROM a.invoices; SELECT count(*) FROM tenantry.tenant")
            .unwrap();
        thread::scope(|scope| {
            let run = scope.spawn(|| migrator(longer()).on(&mut db.connect()).attempt());
            let building = "SELECT pid::text FROM pg_catalog.pg_stat_activity \
                            WHERE datname = current_database() AND query LIKE '%CREATE UNIQUE INDEX%' \
                            AND wait_event_type = 'Lock' AND pid <> pg_catalog.pg_backend_pid()";
            let mut pid = None;
            until_by(&run, "it waits for the old snapshot", || {
                pid = texts(&mut client, building).pop();
                pid.is_some()
            });
            let pid = pid.unwrap();
            texts(
                &mut client,
                &format!("SELECT pg_catalog.pg_terminate_backend({pid})::text"),
            );
            // The driver drops the words with which the server ends a session if it reads the end together with them; then
            // all that is known is that the answer is lost.
            let error = run.join().unwrap().unwrap_err();
            match error.sqlstate() {
                Some(code) => assert_eq!((error.kind(), code), (ErrorKind::Connection, "57P01")),
                None => assert_eq!(error.kind(), ErrorKind::CommitUnknown),
            }
        });
        assert_eq!(invalid(&mut client), ["a.customers_name"], "{round}");
        assert_eq!(steps(&mut client), ["a 3.2"]);
        old.commit().unwrap();
    }
    let report = migrator(longer()).on(&mut client).run().unwrap();
    assert_eq!(report.migrated, 1);
    assert_eq!(invalid(&mut client), Vec::<String>::new());
    check_whole(&mut client, &longer());
}

#[test]
fn indexes_are_built_concurrently_where_tables_are_big_and_plainly_where_they_are_small() {
    let server = Server::builder()
        .setting("log_statement", "ddl")
        .start()
        .unwrap();
    let db = server.database().unwrap();
    let mut client = db.connect();
    migrate(&mut client, shop());
    for tenant in ["small", "big", "tiny"] {
        create(&mut client, tenant);
    }
    fill_big(&mut client);
    let index: Folder<'_> = (
        "0004_index",
        &[(
            "tenant.up.sql",
            "CREATE INDEX customers_name ON \"{tenant}\".customers (name);",
        )],
    );
    let chain = chain(&[PLANS, CUSTOMERS, INVOICES, index]);
    let report = migrator(chain.clone()).on(&mut client).run().unwrap();
    assert_eq!(report.migrated, 3);
    let log = server.log().unwrap();
    assert!(log.contains("CREATE INDEX CONCURRENTLY customers_name ON \"big\".customers"));
    assert!(log.contains("CREATE INDEX customers_name ON \"small\".customers"));
    assert!(log.contains("CREATE INDEX customers_name ON \"tiny\".customers"));
    check_whole(&mut client, &chain);
}

#[test]
fn a_migration_without_transaction_is_gone_on_with_at_the_statement_that_failed() {
    let db = TestDb::new();
    let mut client = young(&db, &["a"]);
    let chain = described(
        "transaction = false",
        "CREATE TABLE IF NOT EXISTS \"{tenant}\".log (n int);\nINSERT INTO \"{tenant}\".log VALUES (1);\n\
         INSERT INTO \"{tenant}\".log SELECT 1 / count(*) FROM \"{tenant}\".customers;\nVACUUM \"{tenant}\".log;\n",
    );
    let report = migrator(chain.clone()).on(&mut client).attempt().unwrap();
    let failure = report.failed[0].error.as_ref().unwrap();
    assert!(
        failure.message.contains("`0004_log/tenant.up.sql`"),
        "{failure:?}"
    );
    assert_eq!(steps(&mut client), ["a 3.3"]);
    client
        .batch_execute("INSERT INTO a.customers VALUES (1, 'Ann', NULL)")
        .unwrap();
    migrator(chain).on(&mut client).run().unwrap();
    assert_eq!(texts(&mut client, "SELECT n::text FROM a.log"), ["1", "1"]);
}

/// Waits until a run has waited for a lock for several times the 50 ms that most statements may.
fn wait_for_a_lock<T>(client: &mut Client, run: &ScopedJoinHandle<'_, T>) {
    let waiting = "SELECT l.pid::text FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_stat_activity AS a USING (pid) \
                   WHERE a.datname = current_database() AND l.waitstart < clock_timestamp() - interval '200 ms'";
    until_by(run, "the run waits", || !texts(client, waiting).is_empty());
}

#[test]
fn a_statement_outside_of_a_transaction_waits_for_a_lock_as_long_as_it_may() {
    let db = TestDb::new();
    let mut client = young(&db, &["a"]);
    let mut other = db.connect();
    let mut tx = other.transaction().unwrap();
    tx.batch_execute("LOCK TABLE a.customers IN ACCESS SHARE MODE")
        .unwrap();
    let column = "ALTER TABLE \"{tenant}\".customers ADD COLUMN rank int;";
    let slow = described("transaction = false\nlock_timeout = \"1h\"", column);
    let quick = described("transaction = false\nlock_timeout = \"50ms\"", column);
    let report = migrator(quick)
        .attempts(2)
        .on(&mut client)
        .attempt()
        .unwrap();
    let failure = report.failed[0].error.as_ref().unwrap();
    assert_eq!(failure.sqlstate.as_deref(), Some("55P03"), "{failure:?}");
    assert_eq!(texts(&mut client, "SHOW lock_timeout"), ["0"]);
    // Nothing of it is done, so it can still be edited and need not be gone on with.
    assert_eq!(steps(&mut client), ["a 3.0"]);
    thread::scope(|scope| {
        let run = scope.spawn(|| {
            migrator(slow)
                .lock_timeout(Duration::from_millis(50))
                .on(&mut client)
                .run()
        });
        wait_for_a_lock(&mut db.connect(), &run);
        tx.commit().unwrap();
        assert_eq!(run.join().unwrap().unwrap().migrated, 1);
    });
}

#[test]
fn a_manifest_that_was_changed_is_named_and_not_the_sql() {
    let db = TestDb::new();
    let mut client = young(&db, &["a"]);
    let column = "ALTER TABLE \"{tenant}\".customers ADD COLUMN rank int;";
    migrate(&mut client, described("", column));
    let changed = migrator(described("transaction = false", column));
    let error = changed.on(&mut client).run().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Diverged);
    let text = error.to_string();
    assert!(
        text.starts_with("`0004_log/migration.toml`: the migration `0004_log` is applied, and `transaction` was changed"),
        "{text}"
    );
}

#[test]
fn a_statement_outside_of_a_transaction_takes_no_longer_than_it_may() {
    let db = TestDb::new();
    let mut client = young(&db, &["a"]);
    let sleep = "SELECT pg_catalog.pg_sleep(600), '\"{tenant}\"'::regnamespace;";
    let report = migrator(described("transaction = false", sleep))
        .statement_timeout(Duration::from_secs(1))
        .on(&mut client)
        .attempt()
        .unwrap();
    let failure = report.failed[0].error.as_ref().unwrap();
    assert_eq!(failure.sqlstate.as_deref(), Some("57014"), "{failure:?}");
    assert_eq!(texts(&mut client, "SHOW statement_timeout"), ["0"]);
}

#[test]
fn an_index_that_holds_up_nobody_waits_for_the_others_as_long_as_it_takes() {
    let db = TestDb::new();
    let mut client = young(&db, &["a"]);
    let mut other = db.connect();
    let mut tx = other.transaction().unwrap();
    tx.batch_execute("INSERT INTO a.customers VALUES (1, 'Ann', NULL)")
        .unwrap();
    let index = "CREATE INDEX CONCURRENTLY customers_name ON \"{tenant}\".customers (name);";
    thread::scope(|scope| {
        let run = scope.spawn(|| {
            let hasty = migrator(described("", index)).lock_timeout(Duration::from_millis(50));
            hasty.attempts(1).on(&mut client).run()
        });
        wait_for_a_lock(&mut db.connect(), &run);
        tx.commit().unwrap();
        assert_eq!(run.join().unwrap().unwrap().migrated, 1);
    });
}

#[test]
fn a_first_step_that_fails_leaves_a_migration_that_can_be_edited() {
    let db = TestDb::new();
    let mut client = young(&db, &["a"]);
    let broken: Folder<'_> = (
        "0004_index",
        &[(
            "tenant.up.sql",
            "CREATE INDEX CONCURRENTLY i ON \"{tenant}\".customers (nmae);",
        )],
    );
    let report = migrator(chain(&[PLANS, CUSTOMERS, INVOICES, broken]))
        .on(&mut client)
        .attempt()
        .unwrap();
    let failure = report.failed[0].error.as_ref().unwrap();
    assert!(failure.message.contains("line 1"), "{failure:?}");
    assert_eq!(steps(&mut client), ["a 3.0"]);
    let mended: Folder<'_> = (
        "0004_index",
        &[(
            "tenant.up.sql",
            "CREATE INDEX CONCURRENTLY i ON \"{tenant}\".customers (name);",
        )],
    );
    let chain = chain(&[PLANS, CUSTOMERS, INVOICES, mended]);
    migrator(chain.clone()).on(&mut client).run().unwrap();
    check_whole(&mut client, &chain);
}

#[test]
fn the_shared_schema_has_indexes_built_concurrently_too() {
    let db = TestDb::new();
    let mut client = young(&db, &["a"]);
    let codes: Folder<'_> = (
        "0004_codes",
        &[
            (
                "shared.up.sql",
                "CREATE UNIQUE INDEX CONCURRENTLY plans_code ON \"{shared}\".plans (code);\n\
                 ALTER TABLE \"{shared}\".plans ADD COLUMN price int;",
            ),
            (
                "tenant.up.sql",
                "ALTER TABLE \"{tenant}\".customers ADD COLUMN code text REFERENCES \"{shared}\".plans (code)",
            ),
        ],
    );
    let chain = chain(&[PLANS, CUSTOMERS, INVOICES, codes]);
    client
        .batch_execute("INSERT INTO shared.plans VALUES (1, 'pro'), (2, 'pro')")
        .unwrap();
    let report = migrator(chain.clone()).on(&mut client).attempt().unwrap();
    assert_eq!(
        report.shared[0].error.as_ref().unwrap().sqlstate.as_deref(),
        Some("23505")
    );
    assert_eq!(invalid(&mut client), Vec::<String>::new());
    client
        .batch_execute("DELETE FROM shared.plans WHERE id = 2")
        .unwrap();
    // Several migrators at once: one does it, the others wait for it.
    thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                with_workers(2, chain.clone(), &db)
                    .on(&mut db.connect())
                    .run()
                    .unwrap()
            });
        }
    });
    let report = migrator(chain.clone()).on(&mut client).run().unwrap();
    assert!(report.shared.is_empty());
    check_whole(&mut client, &chain);
}

#[test]
fn an_index_on_a_partitioned_table_is_made_plainly_where_others_are_built_concurrently() {
    let db = TestDb::new();
    let mut client = db.connect();
    let events: Folder<'_> = (
        "0004_events",
        &[(
            "tenant.up.sql",
            "CREATE TABLE \"{tenant}\".events (at date NOT NULL, what text) PARTITION BY RANGE (at);\n\
             CREATE TABLE \"{tenant}\".events_all PARTITION OF \"{tenant}\".events DEFAULT;",
        )],
    );
    let before = chain(&[PLANS, CUSTOMERS, INVOICES, events]);
    migrate(&mut client, before);
    create(&mut client, "big");
    fill_big(&mut client);
    let index: Folder<'_> = (
        "0005_index",
        &[(
            "tenant.up.sql",
            "CREATE INDEX customers_name ON \"{tenant}\".customers (name);\n\
             CREATE INDEX events_what ON \"{tenant}\".events (what);",
        )],
    );
    let after = chain(&[PLANS, CUSTOMERS, INVOICES, events, index]);
    migrate(&mut client, after.clone());
    create(&mut client, "new");
    assert_eq!(invalid(&mut client), Vec::<String>::new());
    check_whole(&mut client, &after);
}

/// The tenant `a` of the shop, whose customers have a parent; and a chain with this last migration.
fn with_index(db: &TestDb, sql: &'static str) -> (Client, Chain) {
    let client = young(db, &["a", "b"]);
    let parts: &[(&str, &str)] = &[("tenant.up.sql", sql)];
    (
        client,
        chain(&[PLANS, CUSTOMERS, INVOICES, ("0004_index", parts)]),
    )
}

const TWO_STEPS: &str = "ALTER TABLE \"{tenant}\".customers ADD COLUMN parent bigint;\n\
     CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS customers_b ON \"{tenant}\".customers (parent);\n";

#[test]
fn an_index_that_is_not_the_one_asked_for_is_an_error_however_often_it_is_tried() {
    for there in [
        "CREATE INDEX customers_b ON a.customers (name)",
        "CREATE INDEX customers_b ON a.customers (parent)",
        "CREATE UNIQUE INDEX customers_b ON a.customers (parent DESC)",
        "CREATE UNIQUE INDEX customers_b ON a.customers (parent) INCLUDE (name)",
        "CREATE UNIQUE INDEX customers_b ON a.customers (parent) WHERE parent > 0",
        "CREATE UNIQUE INDEX customers_b ON a.customers (parent) WITH (fillfactor = 50)",
        "CREATE UNIQUE INDEX customers_b ON a.customers (parent) NULLS NOT DISTINCT",
        "CREATE UNIQUE INDEX customers_b ON a.invoices (id)",
        "CREATE TABLE a.customers_b (id int)",
        "CREATE VIEW a.customers_b AS SELECT 1 AS n",
    ] {
        let db = TestDb::new();
        let (mut client, chain) = with_index(&db, TWO_STEPS);
        // The first segment is done already, as it is after a crash.
        client
            .batch_execute(&format!(
                "ALTER TABLE a.customers ADD COLUMN parent bigint; {there}"
            ))
            .unwrap();
        half_way(&mut client, &chain);
        for run in 1..=2 {
            let report = migrator(chain.clone()).on(&mut client).attempt().unwrap();
            assert_eq!(report.failed.len(), 1, "{there}: run {run}");
            let failure = report.failed[0].error.as_ref().unwrap();
            let says = ["customers_b", "help: ", "line 2"];
            assert!(
                says.iter().all(|word| failure.message.contains(word)),
                "{failure:?}"
            );
            if there.contains("INDEX") {
                assert!(failure.message.contains("there: CREATE"), "{failure:?}");
                assert!(
                    failure
                        .message
                        .contains("asked: CREATE UNIQUE INDEX customers_b"),
                    "{failure:?}"
                );
            }
        }
        assert_eq!(steps(&mut client), ["a 3.2", "b 4.0"]);
        let drop = if there.contains("TABLE") {
            "DROP TABLE a.customers_b"
        } else if there.contains("VIEW") {
            "DROP VIEW a.customers_b"
        } else {
            "DROP INDEX a.customers_b"
        };
        client.batch_execute(drop).unwrap();
        assert_eq!(migrator(chain).on(&mut client).run().unwrap().migrated, 1);
        let definition = "SELECT indexdef FROM pg_catalog.pg_indexes WHERE indexname = 'customers_b' AND schemaname = 'a'";
        assert_eq!(
            texts(&mut client, definition),
            ["CREATE UNIQUE INDEX customers_b ON a.customers USING btree (parent)"]
        );
    }
}

#[test]
fn an_index_that_may_be_there_already_has_to_be_the_one_asked_for_in_a_transaction_too() {
    const SQL: &str = "ALTER TABLE \"{tenant}\".customers ADD COLUMN parent bigint;\n  \
         CREATE UNIQUE INDEX IF NOT EXISTS \"By \"\"b\" ON \"{tenant}\".customers (lower(name), parent) WHERE parent > 0;\n\
         CREATE TABLE \"{tenant}\".n (id int)";
    for (there, drop) in [
        (
            "CREATE UNIQUE INDEX \"By \"\"b\" ON a.customers (lower(name))",
            "INDEX",
        ),
        (
            "CREATE INDEX \"By \"\"b\" ON a.customers (lower(name), id) WHERE id > 0",
            "INDEX",
        ),
        (
            "CREATE UNIQUE INDEX \"By \"\"b\" ON a.invoices (id)",
            "INDEX",
        ),
        ("CREATE TABLE a.\"By \"\"b\" (id int)", "TABLE"),
    ] {
        let db = TestDb::new();
        let (mut client, chain) = with_index(&db, SQL);
        client.batch_execute(there).unwrap();
        for run in 1..=2 {
            let report = migrator(chain.clone()).on(&mut client).attempt().unwrap();
            assert_eq!(report.failed.len(), 1, "{there}: run {run}");
            let message = &report.failed[0].error.as_ref().unwrap().message;
            for word in [
                "By \"\"b",
                "help: ",
                "line 2, column 3, `CREATE UNIQUE INDEX IF",
            ] {
                assert!(message.contains(word), "{word} is not in {message}");
            }
            assert!(!message.contains("tenantry_"), "{message}");
        }
        assert_eq!(steps(&mut client), ["a 3.0", "b 4.0"]);
        client
            .batch_execute(&format!("DROP {drop} a.\"By \"\"b\""))
            .unwrap();
        assert_eq!(
            migrator(chain.clone())
                .on(&mut client)
                .run()
                .unwrap()
                .migrated,
            1
        );
        create(&mut client, "c");
        let definitions = "SELECT count(DISTINCT replace(indexdef, ' ' || schemaname || '.', ' t.')) || ' of ' || count(*) \
             FROM pg_catalog.pg_indexes WHERE indexname = 'By \"b'";
        assert_eq!(texts(&mut client, definitions), ["1 of 3"]);
        check_whole(&mut client, &chain);
    }
    // The one that is asked for is done, in whatever words; and so is what the same migration drops and makes anew.
    let db = TestDb::new();
    let (mut client, chain) = with_index(
        &db,
        "CREATE INDEX IF NOT EXISTS i ON \"{tenant}\".customers USING btree (id ASC); DROP INDEX \"{tenant}\".j;\n\
         CREATE INDEX IF NOT EXISTS j ON \"{tenant}\".customers (name)",
    );
    client
        .batch_execute(
            "CREATE INDEX i ON a.customers (id); CREATE INDEX j ON a.customers (id); CREATE INDEX j ON b.customers (id)",
        )
        .unwrap();
    assert_eq!(migrator(chain).on(&mut client).run().unwrap().migrated, 2);
    let made = "SELECT indexdef FROM pg_catalog.pg_indexes WHERE indexname = 'j' ORDER BY 1";
    assert_eq!(
        texts(&mut client, made),
        ["a", "b"].map(|it| format!("CREATE INDEX j ON {it}.customers USING btree (name)"))
    );
}

/// Has the tenant `a` go on with the second segment of the last migration, as after a crash.
fn half_way(client: &mut Client, chain: &Chain) {
    // The run records the chain, and fails for `a` at its first segment, which is there already.
    migrator(chain.clone()).on(client).attempt().unwrap();
    client
        .batch_execute(
            "UPDATE tenantry.tenant SET step = 2 WHERE key = 'a'; \
             INSERT INTO tenantry.ledger (migration, tenant_id, checksum) \
             SELECT migration, 1, checksum FROM tenantry.ledger WHERE migration = '0004_index' AND tenant_id = 2",
        )
        .unwrap();
}

#[test]
fn an_index_that_is_there_as_it_is_asked_for_is_done() {
    // Written in another way, with a function and a type of the tenant, and on a table whose name needs quotes.
    const SQL: &str = "CREATE TABLE \"{tenant}\".\"Odd \"\"t\" (a text COLLATE \"C\", b int, c int);\n\
        CREATE FUNCTION \"{tenant}\".f(int) RETURNS int LANGUAGE sql IMMUTABLE AS 'SELECT $1';\n\
        CREATE INDEX CONCURRENTLY \"Odd i\" ON ONLY \"{tenant}\".\"Odd \"\"t\" ( lower(a) text_pattern_ops desc, (b+1), \"{tenant}\".f(c) )\n\
          INCLUDE(b) WITH ( fillfactor=70 ) WHERE \"{tenant}\".f(b)>0 AND a in ('x','y; z');\n\
        CREATE INDEX CONCURRENTLY ON \"{tenant}\".\"Odd \"\"t\" (b);\n";
    let db = TestDb::new();
    let (mut client, chain) = with_index(&db, SQL);
    migrator(chain.clone()).on(&mut client).run().unwrap();
    let count = "SELECT count(*)::text FROM pg_catalog.pg_indexes WHERE schemaname = 'a' AND tablename LIKE 'Odd%'";
    assert_eq!(texts(&mut client, count), ["2"]);
    // As after a crash between each statement and the note that it is done. An index without a name is made once more
    // unless it had begun.
    let mut resumed = |step: i32, broken: &str| {
        client
            .batch_execute(&format!(
                "UPDATE pg_catalog.pg_index SET indisvalid = false WHERE indexrelid::regclass::text LIKE '{broken}'; \
                 UPDATE tenantry.tenant SET version = 3, step = {step} WHERE key = 'a'"
            ))
            .unwrap();
        assert_eq!(
            migrator(chain.clone())
                .on(&mut client)
                .run()
                .unwrap()
                .migrated,
            1
        );
        assert_eq!(steps(&mut client), ["a 4.0", "b 4.0"]);
        assert_eq!(invalid(&mut client), Vec::<String>::new());
        texts(&mut client, count)
    };
    assert_eq!(resumed(3, ""), ["2"]);
    assert_eq!(resumed(2, ""), ["3"]);
    assert_eq!(resumed(2, "a.%Odd i%"), ["4"]);
    assert_eq!(resumed(3, "a.%_b_idx%"), ["2"]);
}

#[test]
fn a_tenant_that_is_dropped_while_its_first_segment_fails_is_no_failure_and_ends_nothing() {
    let db = TestDb::new();
    let (mut client, chain) = with_index(
        &db,
        "CREATE UNIQUE INDEX CONCURRENTLY customers_b ON \"{tenant}\".customers (name);",
    );
    client
        .batch_execute("INSERT INTO a.customers VALUES (1, 'Ann', NULL), (2, 'Ann', NULL)")
        .unwrap();
    for meanwhile in [
        "UPDATE tenantry.tenant SET state = 'dropping' WHERE key = 'a'",
        "DELETE FROM tenantry.tenant WHERE key = 'a'; DELETE FROM tenantry.ledger WHERE tenant_id = 1",
    ] {
        // Who has written to the table keeps the index from being begun.
        let mut other = db.connect();
        let mut old = other.transaction().unwrap();
        old.batch_execute("UPDATE a.customers SET name = 'Bob'")
            .unwrap();
        thread::scope(|scope| {
            let run = scope.spawn(|| migrator(chain.clone()).on(&mut db.connect()).attempt());
            let building = "SELECT pid::text FROM pg_catalog.pg_stat_activity \
                            WHERE datname = current_database() AND query LIKE '%CREATE UNIQUE INDEX%' \
                            AND wait_event_type = 'Lock' AND pid <> pg_catalog.pg_backend_pid()";
            until_by(&run, "it waits for who has written", || {
                !texts(&mut client, building).is_empty()
            });
            client.batch_execute(meanwhile).unwrap();
            old.rollback().unwrap();
            let report = run.join().unwrap().unwrap();
            assert!(report.failed.is_empty(), "{report:?}");
        });
        assert_eq!(invalid(&mut client), Vec::<String>::new());
        let b = "SELECT version || '.' || step FROM tenantry.tenant WHERE key = 'b'";
        assert_eq!(texts(&mut client, b), ["4.0"]);
        client
            .batch_execute(
                "UPDATE tenantry.tenant SET state = 'active'; UPDATE tenantry.tenant SET step = 0; \
                 DELETE FROM tenantry.ledger WHERE tenant_id = 1 AND migration = '0004_index'",
            )
            .unwrap();
    }
}
