//! How long statements outside of a transaction wait and take.

use std::thread::{self, ScopedJoinHandle};
use std::time::Duration;

use postgres::Client;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{migrator, texts};
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
