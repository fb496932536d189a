//! A run that is stopped between two batches, or in one, and the next one goes on from there.

use std::collections::BTreeSet;
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use postgres::Client;
use tenantry::ErrorKind;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{app, check_whole, key, migrator, texts};
use tenantry_tests::wait::until_by;

use crate::common::{MANY, at_first_batch, half_way, lengths, lengths_of, with_notes};

/// Ends the session that does the batches.
fn cut_off(client: &mut Client) {
    let sql = "SELECT pg_catalog.pg_terminate_backend(pid)::text FROM tenantry.turn";
    assert_eq!(texts(client, sql), ["true"]);
}

#[test]
fn a_session_that_is_lost_in_the_middle_does_no_row_twice() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("many", MANY)]);
    let holder = Arc::new(Mutex::new(db.connect()));
    for after in [1, 7, 40] {
        let (mut other, holder) = (db.connect(), Arc::clone(&holder));
        let (run, _) = at_first_batch(migrator(lengths()), move || {
            if after == 1 {
                // None gets past the last batch before it is cut off.
                let hold = "BEGIN; SELECT FROM many.notes WHERE id = 99000 FOR UPDATE";
                holder.lock().unwrap().batch_execute(hold).unwrap();
            }
            thread::spawn(move || {
                thread::sleep(Duration::from_millis(after));
                cut_off(&mut other);
            });
        });
        let run = run.batch_pause(Duration::from_millis(20));
        let run = run.lock_timeout(Duration::from_mins(5));
        let error = run.on(&mut db.connect()).run().unwrap_err();
        let kinds = [ErrorKind::Connection, ErrorKind::CommitUnknown];
        assert!(kinds.contains(&error.kind()), "{error}");
        assert_eq!(half_way(&mut client).len(), 1);
    }
    holder.lock().unwrap().batch_execute("COMMIT").unwrap();
    let report = migrator(lengths()).on(&mut client).run().unwrap();
    assert_eq!(report.migrated, 1);
    assert_eq!(lengths_of(&mut client, "many"), (i64::from(MANY), 0, 20));
    check_whole(&mut client, &lengths());
}

#[test]
fn a_pause_is_kept_to_between_two_batches() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("many", MANY)]);
    let url = db.url().to_owned();
    let (run, _) = at_first_batch(migrator(lengths()), move || {
        app(&url).rollout().pause().unwrap();
    });
    let database = app(db.url());
    thread::scope(|scope| {
        let running = scope.spawn(|| run.on(&mut db.connect()).run());
        until_by(&running, "it is held", || {
            half_way(&mut client) == ["1 5000"]
        });
        let asked = "SELECT query_start::text FROM pg_catalog.pg_stat_activity WHERE datname = current_database() \
            AND query LIKE 'SELECT paused_at IS NOT NULL%' AND pid <> pg_catalog.pg_backend_pid()";
        let mut times = BTreeSet::new();
        until_by(&running, "it has asked whether to go on", || {
            times.extend(texts(&mut client, asked));
            times.len() >= 3
        });
        assert_eq!(half_way(&mut client), ["1 5000"]);
        database.rollout().resume().unwrap();
        assert_eq!(running.join().unwrap().unwrap().migrated, 1);
    });
    assert_eq!(lengths_of(&mut client, "many"), (i64::from(MANY), 0, 20));
}

#[test]
fn an_abort_ends_the_run_between_two_batches() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("many", MANY)]);
    let url = db.url().to_owned();
    let (run, _) = at_first_batch(migrator(lengths()), move || {
        app(&url).rollout().abort().unwrap();
    });
    let report = run.on(&mut db.connect()).attempt().unwrap();
    let status = migrator(lengths()).on(&mut client).status().unwrap();
    let batch = status.half_way.first[0].batch.as_ref().unwrap();
    assert_eq!(
        batch.to_string(),
        "5000 of about 100000 rows of `notes` are done"
    );
    assert_eq!(
        (report.migrated, report.stopped.as_deref()),
        (0, Some("it was aborted"))
    );
    assert_eq!(half_way(&mut client), ["1 5000"]);
    migrator(lengths()).on(&mut client).run().unwrap();
    assert_eq!(lengths_of(&mut client, "many").1, 0);
}

#[test]
fn rows_that_somebody_has_locked_are_waited_for_and_what_is_done_stays() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("many", MANY), ("one", 1)]);
    let (holding, held) = channel::<Client>();
    let mut holder = db.connect();
    let (run, _) = at_first_batch(migrator(lengths()), move || {
        holder
            .batch_execute("BEGIN; UPDATE many.notes SET text = text WHERE id = 52000")
            .unwrap();
        holding.send(holder).unwrap();
    });
    let run = run.lock_timeout(Duration::from_millis(50)).attempts(1000);
    thread::scope(|scope| {
        let running = scope.spawn(|| run.on(&mut db.connect()).run());
        let mut holder = held.recv().unwrap();
        until_by(&running, "the other is done", || {
            is_done(&mut client, "one")
        });
        until_by(&running, "it gets to the row", || {
            half_way(&mut client) == ["1 50000"]
        });
        // The locks of a batch are those of a batch.
        client
            .batch_execute(
                "SET lock_timeout = '5s'; UPDATE many.notes SET text = text WHERE id IN (1, 90000)",
            )
            .unwrap();
        holder.batch_execute("COMMIT").unwrap();
        assert_eq!(running.join().unwrap().unwrap().migrated, 2);
    });
    assert_eq!(lengths_of(&mut client, "many").1, 0);
    check_whole(&mut client, &lengths());
}

fn is_done(client: &mut Client, tenant: &str) -> bool {
    let sql = format!("SELECT version::text FROM tenantry.tenant WHERE key = '{tenant}'");
    texts(client, &sql) == ["2"]
}

#[test]
fn a_tenant_that_is_suspended_renamed_or_dropped_meanwhile_is_met_as_it_is() {
    for what in ["suspend", "rename", "drop"] {
        let db = TestDb::new();
        let mut client = with_notes(&db, &[("many", MANY), ("one", 1)]);
        let url = db.url().to_owned();
        let (run, _) = at_first_batch(migrator(lengths()), move || {
            let tenants = app(&url);
            let tenants = tenants.tenants();
            match what {
                "suspend" => drop(tenants.suspend(key("many")).unwrap()),
                "rename" => drop(tenants.rename(key("many"), key("others")).unwrap()),
                _ => tenants.drop(key("many")).unwrap(),
            }
        });
        let run = run.batch_pause(Duration::from_millis(10));
        run.on(&mut db.connect()).run().unwrap();
        let schemas = "SELECT schema_name FROM tenantry.tenant WHERE version = 2 ORDER BY id";
        for schema in texts(&mut client, schemas) {
            assert_eq!(lengths_of(&mut client, &schema).1, 0, "{what}");
        }
        let done = "SELECT count(*)::text FROM tenantry.tenant WHERE version = 2";
        let expected = if what == "drop" { "1" } else { "2" };
        assert_eq!(texts(&mut client, done), [expected], "{what}");
        assert_eq!(half_way(&mut client), Vec::<String>::new());
        check_whole(&mut client, &lengths());
    }
}
