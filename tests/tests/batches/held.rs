//! A run that is paused, ended or held up while it is between two batches, or before the first.

use std::sync::Mutex;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Duration;

use postgres::Client;
use tenantry::migrate::Event;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{app, be_strict, chain, check_whole, migrator, texts};
use tenantry_tests::wait::until_by;

use crate::common::{MANY, NOTES, at_first_batch, half_way, lengths, lengths_of, with_notes};

const ABORTED: Option<&str> = Some("it was aborted");

#[test]
fn an_abort_before_the_first_batch_ends_the_run() {
    let sql = "SELECT pg_catalog.pg_advisory_xact_lock(77);\n\
               -- tenantry: batch notes by id, size 5000\n\
               UPDATE \"{tenant}\".notes SET text = 'y' WHERE \"{batch}\"";
    let all = chain(&[NOTES, ("0002_wait", &[("tenant.up.sql", sql)])]);
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("many", MANY)]);
    client
        .batch_execute("SELECT pg_catalog.pg_advisory_lock(77)")
        .unwrap();
    let run = migrator(all.clone()).lock_timeout(Duration::from_mins(1));
    thread::scope(|scope| {
        let running = scope.spawn(|| run.on(&mut db.connect()).attempt());
        until_by(&running, "it waits", || {
            let waiting = "SELECT pid::text FROM pg_catalog.pg_locks WHERE locktype = 'advisory' AND objid = 77 AND NOT granted \
                           AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())";
            texts(&mut client, waiting).len() == 1
        });
        app(db.url()).rollout().abort().unwrap();
        client
            .batch_execute("SELECT pg_catalog.pg_advisory_unlock(77)")
            .unwrap();
        let report = running.join().unwrap().unwrap();
        assert_eq!((report.migrated, report.stopped.as_deref()), (0, ABORTED));
    });
    let changed = "SELECT count(*)::text FROM many.notes WHERE text = 'y'";
    assert_eq!(texts(&mut client, changed), ["0"]);
    migrator(all.clone()).on(&mut client).run().unwrap();
    assert_eq!(texts(&mut client, changed), [MANY.to_string()]);
    check_whole(&mut client, &all);
}

#[test]
fn an_abort_is_heard_in_a_long_pause_in_which_the_server_is_asked_again_and_again() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("many", MANY)]);
    let (first, is_first) = channel();
    let (run, _) = at_first_batch(migrator(lengths()), move || first.send(()).unwrap());
    let run = run.batch_pause(Duration::from_hours(1));
    // A session that asked nothing for long is taken for one that is left behind.
    let asked = "SELECT a.state_change::text FROM pg_catalog.pg_locks AS k JOIN pg_catalog.pg_stat_activity AS a ON a.pid = k.pid \
                 WHERE k.locktype = 'advisory' AND k.classid = x'74656e00'::int::oid AND a.datname = current_database()";
    thread::scope(|scope| {
        let running = scope.spawn(|| run.on(&mut db.connect()).attempt());
        is_first.recv().unwrap();
        let mut last = texts(&mut client, asked);
        for _ in 0..3 {
            until_by(&running, "it asks", || texts(&mut client, asked) != last);
            last = texts(&mut client, asked);
        }
        app(db.url()).rollout().abort().unwrap();
        let report = running.join().unwrap().unwrap();
        assert_eq!((report.migrated, report.stopped.as_deref()), (0, ABORTED));
    });
    assert_eq!(half_way(&mut client), ["1 5000"]);
    migrator(lengths()).on(&mut client).run().unwrap();
    assert_eq!(lengths_of(&mut client, "many").1, 0);
}

#[test]
fn attempts_are_counted_from_the_last_batch_that_was_done() {
    let db = TestDb::new();
    let mut client = with_notes(&db, &[("many", MANY)]);
    let holders = [72_000, 42_000, 12_000].map(|id| (id, db.connect()));
    let mut holders = Some(Vec::from(holders));
    let hold = move || {
        let mut all = holders.take().unwrap_or_default();
        for (id, holder) in &mut all {
            let sql = format!("BEGIN; UPDATE many.notes SET text = text WHERE id = {id}");
            holder.batch_execute(&sql).unwrap();
        }
        all
    };
    let hold = Mutex::new(hold);
    let in_the_way = Mutex::new(None::<Vec<(i32, Client)>>);
    let run = migrator(lengths())
        .lock_timeout(Duration::from_millis(50))
        .attempts(2)
        .observe(move |event| match event {
            // Each is let go when it was once in the way.
            Event::Retry { attempts, .. } => {
                assert_eq!(*attempts, 1);
                let holder = in_the_way.lock().unwrap().as_mut().and_then(Vec::pop);
                holder.unwrap().1.batch_execute("COMMIT").unwrap();
            }
            Event::Batch { .. } => {
                in_the_way
                    .lock()
                    .unwrap()
                    .get_or_insert_with(|| (hold.lock().unwrap())());
            }
            _ => {}
        });
    assert_eq!(run.on(&mut db.connect()).run().unwrap().migrated, 1);
    assert_eq!(lengths_of(&mut client, "many").1, 0);
    check_whole(&mut client, &lengths());
}

#[test]
fn a_row_that_is_changed_meanwhile_is_no_failure_whatever_isolation_is_the_default() {
    let sql = "-- tenantry: batch notes by id, size 5000\n\
               UPDATE \"{tenant}\".notes SET text = 'y' WHERE \"{batch}\"";
    let all = chain(&[NOTES, ("0002_texts", &[("tenant.up.sql", sql)])]);
    for isolation in ["repeatable read", "serializable"] {
        let db = TestDb::new();
        let mut client = with_notes(&db, &[("many", MANY)]);
        be_strict(&mut client, isolation);
        let mut holder = db.connect();
        holder
            .batch_execute("BEGIN; UPDATE many.notes SET text = text WHERE id = 12000")
            .unwrap();
        let run = migrator(all.clone()).lock_timeout(Duration::from_mins(1));
        thread::scope(|scope| {
            let running = scope.spawn(|| run.on(&mut db.connect()).run());
            until_by(&running, "it gets to the row", || {
                let waiting = "SELECT pid::text FROM pg_catalog.pg_stat_activity WHERE wait_event_type = 'Lock' \
                               AND datname = current_database()";
                texts(&mut client, waiting).len() == 1
            });
            holder.batch_execute("COMMIT").unwrap();
            assert_eq!(running.join().unwrap().unwrap().migrated, 1);
        });
        let changed = "SELECT count(*)::text FROM many.notes WHERE text = 'y'";
        assert_eq!(texts(&mut client, changed), [MANY.to_string()]);
    }
}
