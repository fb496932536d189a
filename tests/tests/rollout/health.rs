//! Health queries and bake times between groups.

use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use postgres::NoTls;
use tenantry::{Database, ErrorKind};
use tenantry_tests::fleet::{check_whole, texts};
use tenantry_tests::lossy::Lossy;
use tenantry_tests::wait::{until, until_by};

use crate::common::{Guard, fleet, grouped, join, longer, stays, versions, wait_for};

#[test]
fn a_health_query_that_does_not_say_yes_stops_the_rollout() {
    let (db, mut client) = fleet();
    client
        .batch_execute("CREATE TABLE shared.health (ok boolean)")
        .unwrap();
    let (migrator, log) = grouped(
        "[[rollout]]
         name = 'canary'
         match = { tags = ['canary'] }
         health = 'SELECT ok FROM shared.health'",
    );
    for (state, why) in [
        ("", "no answer"),
        ("INSERT INTO shared.health VALUES (NULL)", "no answer"),
        ("UPDATE shared.health SET ok = false", "says no"),
        ("ALTER TABLE shared.health RENAME TO gone", "shared.health"),
    ] {
        client.batch_execute(state).unwrap();
        let report = migrator.on(&mut client).attempt().unwrap();
        let stopped = report.stopped.as_deref().unwrap();
        assert!(
            stopped.starts_with("the health check of the group `canary` failed"),
            "{stopped}"
        );
        assert!(stopped.contains(why), "{stopped}");
        assert_eq!(versions(&mut client), "a4 b3 c3 d4 e3 f3");
        let done = if state.is_empty() {
            "canary 2, a, d, "
        } else {
            ""
        };
        assert_eq!(log.take(), format!("{done}canary sick"));
    }
    client
        .batch_execute("ALTER TABLE shared.gone RENAME TO health")
        .unwrap();
    let mut other = db.connect();
    let mut holder = other.transaction().unwrap();
    holder.batch_execute("LOCK TABLE shared.health").unwrap();
    let limited = migrator
        .clone()
        .statement_timeout(Duration::from_millis(500));
    let report = limited.on(&mut client).attempt().unwrap();
    let stopped = report.stopped.unwrap();
    assert!(stopped.contains("statement timeout"), "{stopped}");
    holder.rollback().unwrap();
    let error = migrator.on(&mut client).run().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Migration);
    assert!(error.to_string().contains("health check"), "{error}");
    log.take();

    client
        .batch_execute("UPDATE shared.health SET ok = true")
        .unwrap();
    migrator.on(&mut client).run().unwrap();
    assert_eq!(
        log.take(),
        "canary healthy, rest 4, b, c, e, f, 0005_barrier, canary 2, a, d, canary healthy, rest 4, b, c, e, f"
    );
    assert_eq!(
        texts(&mut client, "SELECT name FROM tenantry.rollout_group"),
        [""; 0]
    );
}

#[test]
fn a_health_query_can_change_nothing() {
    let (_db, mut client) = fleet();
    let (migrator, _) = grouped(
        "[[rollout]]
         name = 'canary'
         match = { tags = ['canary'] }
         health = 'DELETE FROM tenantry.tenant RETURNING true'",
    );
    let report = migrator.on(&mut client).attempt().unwrap();
    let why = report.stopped.unwrap();
    assert!(why.contains("read-only"), "{why}");
    assert_eq!(versions(&mut client), "a4 b3 c3 d4 e3 f3");
}

#[test]
fn a_group_bakes_before_the_next_one_follows() {
    let (_db, mut client) = fleet();
    let (migrator, log) = grouped(
        "[[rollout]]
         name = 'canary'
         match = { tags = ['canary'] }
         bake = '700ms'
         health = 'SELECT true'",
    );
    let start = Instant::now();
    migrator.to("0004").on(&mut client).run().unwrap();
    assert!(start.elapsed() >= Duration::from_millis(700));
    assert_eq!(
        log.take(),
        "canary 2, a, d, canary bakes, canary healthy, rest 4, b, c, e, f"
    );
    // Where nothing is done, nobody waits.
    let (migrator, log) = grouped(
        "[[rollout]]
         name = 'canary'
         match = { tags = ['canary'] }
         bake = '1h'
         health = 'SELECT true'",
    );
    migrator.to("0004").on(&mut client).run().unwrap();
    assert_eq!(log.take(), "");
}

/// The driver asks for a type that it does not know. While rows are on their way nobody would answer.
#[test]
fn a_health_query_that_gives_many_rows_of_any_type_ends() {
    let (db, mut client) = fleet();
    client
        .batch_execute("CREATE TYPE shared.mood AS ENUM ('well')")
        .unwrap();
    let (migrator, _) = grouped(
        "[[rollout]]
         name = 'canary'
         match = { tags = ['canary'] }
         health = \"SELECT 'well'::shared.mood FROM pg_catalog.generate_series(1, 1000000)\"",
    );
    let (told, ended) = mpsc::channel();
    thread::spawn(move || {
        // Nobody listens any more once the test has failed.
        drop(told.send(migrator.on(&mut client).attempt()));
    });
    let report = ended.recv_timeout(Duration::from_mins(1));
    let stopped = report.expect("it waits for ever").unwrap().stopped.unwrap();
    assert!(stopped.ends_with("the query gives no answer"), "{stopped}");
    assert_eq!(versions(&mut db.connect()), "a4 b3 c3 d4 e3 f3");
}

#[test]
fn a_run_that_is_told_so_while_it_asks_about_health_begins_nothing_more() {
    let (db, mut client) = fleet();
    client
        .batch_execute(
            "CREATE TABLE shared.health (ok boolean); INSERT INTO shared.health VALUES (true)",
        )
        .unwrap();
    let mut other = db.connect();
    let mut holder = db.connect();
    let control = Database::connect(db.url()).unwrap();
    // Runs until the query of the health waits, has something done, and lets the query go on.
    let mut asks = |tell: &mut dyn FnMut(i32)| {
        let (migrator, log) = grouped(
            "[[rollout]]
             name = 'canary'
             match = { tags = ['canary'] }
             health = 'SELECT ok FROM shared.health'",
        );
        holder
            .batch_execute("BEGIN; LOCK TABLE shared.health")
            .unwrap();
        let outcome = thread::scope(|scope| {
            let _guard = Guard(&db);
            let run = scope.spawn(|| migrator.on(&mut db.connect()).attempt());
            let waits = "SELECT pid::text FROM pg_catalog.pg_locks WHERE NOT granted AND relation = 'shared.health'::regclass \
                         AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())";
            until_by(&run, "it asks", || !texts(&mut other, waits).is_empty());
            tell(texts(&mut other, waits)[0].parse().unwrap());
            holder.batch_execute("ROLLBACK").unwrap();
            if control.rollout().is_paused().unwrap() {
                until_by(&run, "it is paused", || log.has("paused"));
                stays(&run, &mut db.connect(), || versions(&mut other));
                assert_eq!(versions(&mut other), "a6 b4 c4 d6 e4 f4");
                control.rollout().resume().unwrap();
            }
            run.join().unwrap()
        });
        (outcome, log.take())
    };

    let (ended, log) = asks(&mut |pid| {
        // It has ended before the query could go on.
        let end = "SELECT pg_catalog.pg_terminate_backend($1, 60000)";
        let row = client.query_one(end, &[&pid]).unwrap();
        assert!(row.get::<_, bool>(0));
    });
    assert_eq!(ended.unwrap_err().kind(), ErrorKind::Connection);
    assert_eq!(log, "canary 2, a, d");
    // The next run asks again, since nobody has heard the answer.
    let (aborted, log) = asks(&mut |_| control.rollout().abort().unwrap());
    assert_eq!(aborted.unwrap().stopped.as_deref(), Some("it was aborted"));
    assert_eq!(log, "canary healthy");
    assert_eq!(versions(&mut client), "a4 b3 c3 d4 e3 f3");
    // An abort forgets the groups: it is asked once more when something more is done to one.
    let (paused, log) = asks(&mut |_| control.rollout().pause().unwrap());
    assert!(paused.unwrap().is_success());
    assert_eq!(
        log,
        "rest 4, b, c, e, f, 0005_barrier, canary 2, a, d, canary healthy, paused, rest 4, resumed, b, c, e, f"
    );
    check_whole(&mut client, &longer());
}

#[test]
fn a_health_query_whose_answer_is_lost_leaves_nothing_in_doubt() {
    const QUERY: &str = "SELECT count(*) >= 0 FROM shared.plans";
    let (db, mut client) = fleet();
    let lossy = Lossy::on_the_way_to(&db, QUERY);
    let groups = format!(
        "[[rollout]]
         name = 'canary'
         match = {{ tags = ['canary'] }}
         health = '{QUERY}'"
    );
    let (migrator, log) = grouped(&groups);
    let mut through = lossy.config().connect(NoTls).unwrap();
    let error = migrator.on(&mut through).attempt().unwrap_err();
    assert!(lossy.has_lost());
    assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
    assert!(error.to_string().contains("help: run it again"), "{error}");
    assert_eq!(log.take(), "canary 2, a, d");
    let report = migrator.on(&mut client).attempt().unwrap();
    assert!(report.is_success());
    assert!(log.has("canary healthy"));
    check_whole(&mut client, &longer());
}

#[test]
fn an_abort_ends_a_health_query_that_runs() {
    let (db, mut client) = fleet();
    let control = Database::connect(db.url()).unwrap();
    let (migrator, log) = grouped(
        "[[rollout]]
         name = 'canary'
         match = { tags = ['canary'] }
         health = 'SELECT true FROM pg_catalog.pg_sleep(600)'",
    );
    let url = db.url().to_owned();
    // Nothing else ends it.
    let migrator = migrator.statement_timeout(Duration::from_mins(20));
    let migrator = migrator.connect_by(move || Ok(postgres::Client::connect(&url, NoTls)?));
    let report = thread::scope(|scope| {
        let _guard = Guard(&db);
        let run = scope.spawn(|| migrator.on(&mut db.connect()).attempt());
        let asks = "SELECT pid::text FROM pg_catalog.pg_stat_activity \
                    WHERE datname = current_database() AND wait_event = 'PgSleep'";
        until_by(&run, "it asks", || !texts(&mut client, asks).is_empty());
        control.rollout().abort().unwrap();
        until("nobody asks", || texts(&mut client, asks).is_empty());
        run.join().unwrap().unwrap()
    });
    assert_eq!(report.stopped.as_deref(), Some("it was aborted"));
    // Nothing is said of the health, which nobody has heard of.
    assert_eq!(log.take(), "canary 2, a, d");
    assert_eq!(versions(&mut client), "a4 b3 c3 d4 e3 f3");
}

/// A migrator that is killed while a group bakes leaves the rest of the time to the next.
#[test]
fn a_bake_that_was_interrupted_is_ended_by_the_next_run() {
    let (db, mut client) = fleet();
    let groups = "
        [[rollout]]
        name = 'canary'
        match = { tags = ['canary'] }
        bake = '1h'";
    let (migrator, log) = grouped(groups);
    let mut other = db.connect();
    let pid: i32 = client
        .query_one("SELECT pg_catalog.pg_backend_pid()", &[])
        .unwrap()
        .get(0);
    thread::scope(|scope| {
        let _guard = Guard(&db);
        let run = scope.spawn(|| migrator.on(&mut client).attempt());
        wait_for(|| log.has("canary bakes"));
        other
            .execute("SELECT pg_catalog.pg_terminate_backend($1)", &[&pid])
            .unwrap();
        assert!(run.join().unwrap().is_err());
    });
    log.take();
    let (again, log) = grouped(groups);
    thread::scope(|scope| {
        let _guard = Guard(&db);
        let run = scope.spawn(|| again.on(&mut db.connect()).attempt().unwrap());
        wait_for(|| log.has("canary bakes"));
        // Had enough time passed, the others would follow.
        let later = "UPDATE tenantry.rollout_group SET done_at = done_at - interval '1 hour'";
        other.batch_execute(later).unwrap();
        let again =
            "SELECT name FROM tenantry.rollout_group WHERE goal = 6 AND done_at IS NOT NULL";
        until_by(&run, "the group is done again", || {
            !texts(&mut other, again).is_empty()
        });
        other.batch_execute(later).unwrap();
        assert!(join(run).is_success());
    });
    check_whole(&mut other, &longer());
}
