//! How long statements outside of a transaction wait and take.

use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use postgres::Client;
use tenantry::migrate::Chain;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{CUSTOMERS, INVOICES, PLANS, chain, migrator, texts};
use tenantry_tests::wait::until_by;

use crate::common::{described, steps, young};

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

/// A chain with a part without a transaction, which waits for locks as long as it takes.
fn patient(file: &str, sql: &str) -> Chain {
    let manifest = "format = 1\nid = \"0004_long\"\ntransaction = false\nlock_timeout = \"1h\"\n";
    let long: &[(&str, &str)] = &[("migration.toml", manifest), (file, sql)];
    chain(&[PLANS, CUSTOMERS, INVOICES, ("0004_long", long)])
}

#[test]
fn a_statement_without_a_transaction_is_noted_in_the_end_and_done_once() {
    for (file, sql, table, row) in [
        (
            "shared.up.sql",
            "UPDATE \"{shared}\".plans SET code = code || '!';",
            "shared.plans",
            "tenantry.meta",
        ),
        (
            "tenant.up.sql",
            "UPDATE \"{tenant}\".customers SET name = name || '!';",
            "a.customers",
            "tenantry.tenant",
        ),
    ] {
        let db = TestDb::new();
        let mut client = young(&db, &["a"]);
        client
            .batch_execute(
                "INSERT INTO shared.plans VALUES (1, 'x'); INSERT INTO a.customers VALUES (1, 'x', NULL)",
            )
            .unwrap();
        let (mut holder, mut other) = (db.connect(), db.connect());
        let mut held = holder.transaction().unwrap();
        held.batch_execute(&format!("LOCK TABLE {table} IN SHARE MODE"))
            .unwrap();
        thread::scope(|scope| {
            let run = scope.spawn(|| migrator(patient(file, sql)).on(&mut client).run());
            let mut watcher = db.connect();
            wait_for_a_lock(&mut watcher, &run);
            // Creations read the row meanwhile, and others change it.
            let mut tx = other.transaction().unwrap();
            tx.batch_execute(&format!("SELECT FROM {row} FOR UPDATE NOWAIT"))
                .unwrap();
            held.commit().unwrap();
            let waits = format!(
                "SELECT pid::text FROM pg_catalog.pg_stat_activity WHERE datname = current_database() \
                 AND wait_event_type = 'Lock' AND query LIKE '%UPDATE {row}%'"
            );
            until_by(&run, "the note waits", || {
                !texts(&mut watcher, &waits).is_empty()
            });
            tx.commit().unwrap();
            run.join().unwrap().unwrap();
            let column = if file == "shared.up.sql" {
                "code"
            } else {
                "name"
            };
            let done = texts(&mut watcher, &format!("SELECT {column} FROM {table}"));
            assert_eq!(done, ["x!"], "{file}");
        });
    }
}

#[test]
fn what_a_statement_has_set_is_not_for_its_note() {
    let db = TestDb::new();
    let mut client = young(&db, &["a"]);
    let user = format!("nobody_{}", std::process::id());
    client
        .batch_execute(&format!("CREATE ROLE {user}"))
        .unwrap();
    let role =
        format!("SELECT set_config('role', '{user}', false), '\"{{tenant}}\"'::regnamespace;");
    let report = migrator(described("transaction = false", &role))
        .on(&mut client)
        .run();
    client.batch_execute(&format!("DROP ROLE {user}")).unwrap();
    assert_eq!(report.unwrap().migrated, 1);
    assert_eq!(steps(&mut client), ["a 4.0"]);
}
