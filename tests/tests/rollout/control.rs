//! How fast a run goes, and what it is told from elsewhere.

use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use tenantry::Database;
use tenantry_tests::fleet::{check_whole, create, texts};

use crate::common::{
    GROUPS, Guard, fleet, grouped, join, longer, migrated, stays, versions, wait_for,
};

#[test]
fn a_rate_limits_how_many_tenants_are_begun_in_a_second() {
    let (_db, mut client) = fleet();
    let (migrator, _) = grouped(
        "[[rollout]]
         name = 'all'
         rate = 10",
    );
    let start = Instant::now();
    migrator.to("0004").on(&mut client).run().unwrap();
    // The first comes at once, and each of the other five a tenth of a second after the one before.
    assert!(start.elapsed() >= Duration::from_millis(500));
}

#[test]
fn a_run_is_paused_and_resumed_from_elsewhere() {
    let (db, mut client) = fleet();
    let mut other = db.connect();
    let control = Database::connect(db.url()).unwrap();
    let (migrator, log) = grouped(GROUPS);
    assert!(!control.rollout().is_paused().unwrap());
    control.rollout().pause().unwrap();
    assert!(control.rollout().is_paused().unwrap());
    thread::scope(|scope| {
        let _guard = Guard(&db);
        let run = scope.spawn(|| migrator.on(&mut client).run().unwrap());
        wait_for(|| log.has("paused"));
        stays(&run, &mut db.connect(), || versions(&mut other));
        assert_eq!(versions(&mut other), "a3 b3 c3 d3 e3 f3");
        control.rollout().resume().unwrap();
        assert_eq!(join(run).migrated, 6);
    });
    assert!(log.has("resumed"));
    check_whole(&mut client, &longer());
}

#[test]
fn a_run_that_is_under_way_pauses_within_about_a_second() {
    let (db, mut client) = fleet();
    for number in 0..40 {
        create(&mut client, &format!("n{number}"));
    }
    let mut other = db.connect();
    let control = Database::connect(db.url()).unwrap();
    let (migrator, log) = grouped("[[rollout]]\nname = 'all'\nrate = 20");
    thread::scope(|scope| {
        let _guard = Guard(&db);
        let run = scope.spawn(|| migrator.on(&mut client).attempt().unwrap());
        wait_for(|| log.has("c"));
        control.rollout().pause().unwrap();
        let asked = migrated(&mut other);
        wait_for(|| log.has("paused"));
        // The one worker has told it between two tenants. In a second and a half it begins 30.
        let before = migrated(&mut other);
        assert!(before - asked <= 30, "{asked} {before}");
        stays(&run, &mut db.connect(), || migrated(&mut other));
        assert_eq!(migrated(&mut other), before);
        control.rollout().abort().unwrap();
        let report = join(run);
        assert_eq!(report.stopped.as_deref(), Some("it was aborted"));
    });
}

#[test]
fn an_abort_ends_the_runs_under_way_and_not_the_next() {
    let (db, mut client) = fleet();
    let mut other = db.connect();
    let control = Database::connect(db.url()).unwrap();
    let groups = "
        [[rollout]]
        name = 'canary'
        match = { tags = ['canary'] }
        bake = '1h'";
    let (migrator, log) = grouped(groups);
    let (second, seconds_log) = grouped(groups);
    thread::scope(|scope| {
        let _guard = Guard(&db);
        let one = scope.spawn(|| migrator.on(&mut client).attempt().unwrap());
        wait_for(|| log.has("canary bakes"));
        // Another one waits like the first, though it has done nothing.
        let two = scope.spawn(|| second.on(&mut db.connect()).attempt().unwrap());
        wait_for(|| seconds_log.has("canary bakes"));
        assert_eq!(versions(&mut other), "a4 b3 c3 d4 e3 f3");
        control.rollout().abort().unwrap();
        for report in [join(one), join(two)] {
            assert_eq!(report.stopped.as_deref(), Some("it was aborted"));
            assert!(!report.is_success());
        }
    });
    assert_eq!(versions(&mut other), "a4 b3 c3 d4 e3 f3");
    grouped("").0.on(&mut client).run().unwrap();
    check_whole(&mut client, &longer());
}

#[test]
fn an_abort_ends_a_run_that_has_its_turn_and_has_done_nothing_yet() {
    let (db, mut client) = fleet();
    let mut other = db.connect();
    let control = Database::connect(db.url()).unwrap();
    let (migrator, _) = grouped("");
    let mut held = other.transaction().unwrap();
    held.batch_execute("LOCK TABLE tenantry.ledger IN SHARE MODE")
        .unwrap();
    thread::scope(|scope| {
        let _guard = Guard(&db);
        let run = scope.spawn(|| migrator.on(&mut client).attempt().unwrap());
        // It has its turn, and is about to write its chain down.
        let waits = "SELECT 'it waits' FROM pg_catalog.pg_locks AS l JOIN tenantry.turn AS t ON t.pid = l.pid \
                     WHERE l.relation = 'tenantry.ledger'::pg_catalog.regclass AND NOT l.granted";
        let looks = Mutex::new(db.connect());
        wait_for(|| !texts(&mut looks.lock().unwrap(), waits).is_empty());
        control.rollout().abort().unwrap();
        held.commit().unwrap();
        let report = join(run);
        assert_eq!(report.stopped.as_deref(), Some("it was aborted"));
        assert_eq!(report.migrated, 0);
    });
    assert_eq!(versions(&mut other), "a3 b3 c3 d3 e3 f3");
    grouped("").0.on(&mut client).run().unwrap();
    check_whole(&mut client, &longer());
}
