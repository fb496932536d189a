//! A segment that fails, a session that is lost, and how the next run goes on.

use std::thread;

use tenantry::ErrorKind;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{
    CUSTOMERS, Folder, INVOICES, PLANS, chain, check_whole, create, migrate, migrator, texts,
};
use tenantry_tests::wait::until_by;

use crate::common::{described, invalid, longer, steps, with_index, young};

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
    // The column is there, the index is not, and the metadata tables know.
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
    for step in [9, -1] {
        client
            .batch_execute(&format!(
                "UPDATE tenantry.tenant SET version = 3, step = {step} WHERE key = 'b'; \
                 DELETE FROM tenantry.ledger WHERE migration = '0004_names' AND tenant_id = 2"
            ))
            .unwrap();
        let report = migrator(longer()).on(&mut client).attempt().unwrap();
        let failure = report.failed[0].error.as_ref().unwrap();
        let said = format!("step {step} of `0004_names` comes next, which has only 3");
        assert!(failure.message.contains(&said), "{failure:?}");
    }
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
    let fixed: Folder<'_> = (
        "0004_index",
        &[(
            "tenant.up.sql",
            "CREATE INDEX CONCURRENTLY i ON \"{tenant}\".customers (name);",
        )],
    );
    let chain = chain(&[PLANS, CUSTOMERS, INVOICES, fixed]);
    migrator(chain.clone()).on(&mut client).run().unwrap();
    check_whole(&mut client, &chain);
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
