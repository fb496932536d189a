//! Rollout groups: their order, what stops them, how fast they go, and what they are told from elsewhere.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::sync::{Arc, Mutex};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};
use tenantry::config::Config;
use tenantry::migrate::{Budget, Chain, Event, GroupState, GroupStatus, Migrator, Report, Step};
use tenantry::tenant::{self, NewTenant};
use tenantry::testing::TestDb;
use tenantry::{Database, ErrorKind};
use tenantry_tests::fleet::{
    CUSTOMERS, Folder, INVOICES, PLANS, chain, check_whole, create, key, migrator, shop_db, texts,
};
use tenantry_tests::wait::{until, until_by};

/// Fails for tenants that have a customer.
const STRICT: Folder<'static> = (
    "0004_strict",
    &[(
        "tenant.up.sql",
        "ALTER TABLE \"{tenant}\".customers ALTER COLUMN plan SET NOT NULL;",
    )],
);

const BARRIER: Folder<'static> = ("0005_barrier", &[("shared.up.sql", "SELECT 1;")]);

const AFTER: Folder<'static> = (
    "0006_after",
    &[(
        "tenant.up.sql",
        "ALTER TABLE \"{tenant}\".customers ADD COLUMN note text;",
    )],
);

fn longer() -> Chain {
    chain(&[PLANS, CUSTOMERS, INVOICES, STRICT, BARRIER, AFTER])
}

/// Six tenants that lack the last migrations: `a` and `d` are canaries, `b` and `e` are in the group of pairs.
fn fleet() -> (TestDb, Client) {
    let db = shop_db();
    let mut client = db.connect();
    for name in ["a", "b", "c", "d", "e", "f"] {
        let mut new = NewTenant::new(&key(name));
        if "ad".contains(name) {
            new = new.tag("canary");
        }
        tenant::create(&mut client, &new).unwrap();
    }
    (db, client)
}

const GROUPS: &str = "
    [[rollout]]
    name = 'canary'
    match = { tags = ['canary'] }
    [[rollout]]
    name = 'pairs'
    match = { keys = ['e', 'a'], patterns = ['b*'] }
";

/// A migrator in groups, which takes down what happens.
fn grouped(config: &str) -> (Migrator, Log) {
    let config: Config = config.parse().unwrap();
    let log = Log::default();
    let kept = log.clone();
    let migrator = migrator(longer())
        .configure(&config)
        .observe(move |event| kept.add(event));
    (migrator, log)
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Log {
    fn add(&self, event: &Event) {
        let line = match event {
            Event::Stage { group, tenants, .. } => {
                format!("{} {tenants}", group.as_deref().unwrap_or("-"))
            }
            Event::Tenant(tenant) if tenant.error.is_some() => format!("{} failed", tenant.key),
            Event::Tenant(tenant) => tenant.key.to_string(),
            Event::Shared(shared) => shared.migration.clone(),
            Event::Bake { group, .. } => format!("{group} bakes"),
            Event::Health { group, error: None } => format!("{group} healthy"),
            Event::Health { group, .. } => format!("{group} sick"),
            Event::Paused => "paused".to_owned(),
            Event::Resumed => "resumed".to_owned(),
            _ => return,
        };
        self.0.lock().unwrap().push(line);
    }

    fn take(&self) -> String {
        std::mem::take(&mut *self.0.lock().unwrap()).join(", ")
    }

    fn has(&self, line: &str) -> bool {
        self.0.lock().unwrap().iter().any(|it| it == line)
    }
}

/// How many tenants have got the fourth migration.
fn migrated(client: &mut Client) -> usize {
    texts(client, "SELECT key FROM tenantry.tenant WHERE version >= 4").len()
}

fn versions(client: &mut Client) -> String {
    texts(
        client,
        "SELECT key || version FROM tenantry.tenant ORDER BY key",
    )
    .join(" ")
}

fn breaks(client: &mut Client, schema: &str) {
    let sql = format!("INSERT INTO {schema}.customers VALUES (1, 'Ann', NULL)");
    client.batch_execute(&sql).unwrap();
}

#[test]
fn groups_come_in_order_and_all_before_a_barrier() {
    let (_db, mut client) = fleet();
    let (migrator, log) = grouped(GROUPS);
    let report = migrator.on(&mut client).run().unwrap();
    assert_eq!(report.migrated, 12);
    assert_eq!(
        log.take(),
        "canary 2, a, d, pairs 2, b, e, rest 2, c, f, 0005_barrier, \
         canary 2, a, d, pairs 2, b, e, rest 2, c, f"
    );
    check_whole(&mut client, &longer());
    migrator.on(&mut client).run().unwrap();
    assert_eq!(log.take(), "");
}

#[test]
fn groups_have_orders_and_sizes() {
    let (_db, mut client) = fleet();
    client
        .batch_execute(
            "INSERT INTO d.customers SELECT n, repeat('x', 100) FROM pg_catalog.generate_series(1, 9000) AS n; \
             ANALYZE d.customers",
        )
        .unwrap();
    let (migrator, log) = grouped(
        "[[rollout]]
         name = 'big'
         match = { larger_than = '500kB' }
         max_failures = 1
         [[rollout]]
         name = 'some'
         match = { keys = ['a', 'b', 'c'] }
         order = 'key'",
    );
    tenant::rename_key(&mut client, &key("a"), &key("z")).unwrap();
    tenant::rename_key(&mut client, &key("f"), &key("a")).unwrap();
    migrator.to("0004").on(&mut client).attempt().unwrap();
    assert_eq!(log.take(), "big 1, d failed, some 3, a, b, c, rest 2, z, e");
}

#[test]
fn a_group_that_says_nothing_of_failures_stops_the_rollout_at_the_first() {
    let (_db, mut client) = fleet();
    breaks(&mut client, "a");
    let groups = "[[rollout]]
         name = 'canary'
         match = { tags = ['canary'] }";
    let (migrator, log) = grouped(groups);
    let report = migrator.on(&mut client).attempt().unwrap();
    let why = report.stopped.as_deref().unwrap();
    assert!(why.contains("group `canary`"), "{why}");
    assert!(!log.take().contains("rest"));
    // A run that says how many may fail says it for the group too.
    let (migrator, log) = grouped(groups);
    migrator.max_failures(3).on(&mut client).attempt().unwrap();
    assert!(log.take().contains("rest"));
}

#[test]
fn a_group_that_fails_more_often_than_it_may_stops_the_rollout() {
    let (_db, mut client) = fleet();
    breaks(&mut client, "a");
    let (migrator, log) = grouped(
        "[[rollout]]
         name = 'canary'
         match = { tags = ['canary'] }
         max_failures = 0",
    );
    let report = migrator.on(&mut client).attempt().unwrap();
    let why = report.stopped.as_deref().unwrap();
    assert_eq!(
        why,
        "1 tenant has failed, and the limit is 0 in the group `canary`"
    );
    assert!(!report.is_success());
    assert_eq!(log.take(), "canary 2, a failed");
    assert_eq!(versions(&mut client), "a3 b3 c3 d3 e3 f3");

    client.batch_execute("DELETE FROM a.customers").unwrap();
    migrator.on(&mut client).run().unwrap();
    check_whole(&mut client, &longer());
}

#[test]
fn a_budget_can_be_a_share_of_the_group() {
    let (_db, mut client) = fleet();
    breaks(&mut client, "a");
    let config = |most: &str| {
        format!(
            "[[rollout]]
             name = 'canary'
             match = {{ tags = ['canary'] }}
             max_failures = '{most}'"
        )
    };
    let (migrator, log) = grouped(&config("49%"));
    let report = migrator.on(&mut client).attempt().unwrap();
    assert!(report.stopped.is_some());
    assert_eq!(log.take(), "canary 2, a failed");
    // The others follow a group that keeps within its budget, up to the barrier.
    let (migrator, log) = grouped(&config("50%"));
    let report = migrator.on(&mut client).attempt().unwrap();
    assert_eq!((report.stopped, report.failed.len()), (None, 1));
    assert_eq!(log.take(), "canary 2, a failed, d, rest 4, b, c, e, f");
    assert_eq!(versions(&mut client), "a3 b4 c4 d4 e4 f4");
    // The budget of the whole run counts all groups together.
    let report = migrator
        .max_failures(Budget::Percent(1.0))
        .on(&mut client)
        .attempt();
    assert!(report.unwrap().stopped.is_some());
}

#[test]
fn a_health_query_that_does_not_say_yes_stops_the_rollout() {
    let (_db, mut client) = fleet();
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
    let error = migrator.on(&mut client).run().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Migration);
    assert!(error.to_string().contains("health check"), "{error}");
    log.take();

    client
        .batch_execute(
            "ALTER TABLE shared.gone RENAME TO health; UPDATE shared.health SET ok = true",
        )
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
        thread::sleep(Duration::from_millis(600));
        assert_eq!(versions(&mut other), "a3 b3 c3 d3 e3 f3");
        control.rollout().resume().unwrap();
        assert_eq!(join(run).migrated, 12);
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
        thread::sleep(Duration::from_millis(300));
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

#[test]
fn migrators_at_once_keep_to_the_order_of_the_groups() {
    let (db, mut client) = fleet();
    for number in 0..60 {
        let new = NewTenant::new(&key(&format!("n{number}")));
        let new = if number < 30 { new.tag("canary") } else { new };
        tenant::create(&mut client, &new).unwrap();
    }
    let config = "
        [[rollout]]
        name = 'canary'
        match = { tags = ['canary'] }
        bake = '300ms'
        health = \"\"\"SELECT NOT EXISTS (SELECT FROM tenantry.tenant
            WHERE version < (SELECT max(version) FROM tenantry.tenant) AND tags @> ARRAY['canary'])\"\"\"";
    let reports: Vec<Report> = thread::scope(|scope| {
        let run = || {
            let url = db.url().to_owned();
            let (migrator, _) = grouped(config);
            let connect = move || Ok(Client::connect(&url, NoTls)?);
            let ran = migrator
                .connect_by(connect)
                .workers(2)
                .on(&mut db.connect())
                .run();
            ran.unwrap()
        };
        let runs: Vec<_> = (0..3).map(|_| scope.spawn(run)).collect();
        runs.into_iter().map(join).collect()
    });
    let done: usize = reports.iter().map(|report| report.migrated).sum();
    assert_eq!(done, 2 * 66);
    // Whoever has done them, the last of the canaries comes before the first of the others, with time to bake between.
    let between = "SELECT (min(l.applied_at) FILTER (WHERE t.tags = '{}') \
         - max(l.applied_at) FILTER (WHERE t.tags = '{canary}') > interval '300ms')::text \
         FROM tenantry.ledger AS l JOIN tenantry.tenant AS t ON t.id = l.tenant_id \
         WHERE l.migration IN ('0004_strict', '0006_after') GROUP BY l.migration";
    assert_eq!(texts(&mut client, between), ["true", "true"]);
    check_whole(&mut client, &longer());
}

#[test]
fn it_is_told_where_the_groups_are() {
    let (_db, mut client) = fleet();
    breaks(&mut client, "b");
    let (migrator, _) = grouped(GROUPS);
    let state = |client: &mut Client| -> Vec<String> {
        let groups = migrator.on(client).groups().unwrap();
        let line = |it: &GroupStatus| {
            format!(
                "{} {} {} {} {}",
                it.name, it.tenants, it.behind, it.failed, it.state
            )
        };
        groups.iter().map(line).collect()
    };
    assert_eq!(
        state(&mut client),
        [
            "canary 2 2 0 waiting",
            "pairs 2 2 0 waiting",
            "rest 2 2 0 waiting"
        ]
    );
    migrator.on(&mut client).attempt().unwrap();
    assert_eq!(
        state(&mut client),
        [
            "canary 2 2 0 waiting",
            "pairs 2 2 1 waiting",
            "rest 2 2 0 waiting"
        ]
    );
    client.batch_execute("DELETE FROM b.customers").unwrap();
    migrator.on(&mut client).run().unwrap();
    let groups = migrator.on(&mut client).groups().unwrap();
    assert!(groups.iter().all(|it| it.state == GroupState::Done));
}

#[test]
fn a_plan_shows_the_groups_in_order_and_how_long_they_will_take() {
    let (_db, mut client) = fleet();
    let (migrator, _) = grouped(&format!("{GROUPS}\nbake = '10min'"));
    let plan = migrator.on(&mut client).dry_run().unwrap();
    let step = |step: &Step| match step {
        Step::Tenants { rollout, groups } => {
            let keys = groups.iter().flat_map(|it| &it.tenants);
            let keys: Vec<&str> = keys.map(tenantry::TenantKey::as_str).collect();
            format!("{} {}", rollout.as_deref().unwrap(), keys.join(" "))
        }
        Step::Shared { migration } => migration.clone(),
        _ => String::new(),
    };
    let steps: Vec<String> = plan.steps.iter().map(step).collect();
    assert_eq!(
        steps,
        [
            "canary a d",
            "pairs b e",
            "rest c f",
            "0005_barrier",
            "canary a d",
            "pairs b e",
            "rest c f"
        ]
    );
    assert_eq!(plan.forecast, None);
    let bytes = STRICT.1[0].1.len() + AFTER.1[0].1.len();
    assert_eq!(plan.sql_bytes(), 6 * bytes);
    // A run that did something is what the next is judged by; one that did nothing is not.
    client
        .batch_execute("INSERT INTO tenantry.run (tenants, seconds) VALUES (10, 5), (30, 5)")
        .unwrap();
    let plan = migrator.on(&mut client).dry_run().unwrap();
    assert_eq!(plan.forecast, Some(Duration::from_secs(20 * 60 + 3)));
}

#[test]
fn what_a_run_took_is_kept_if_it_did_something() {
    let (_db, mut client) = fleet();
    let runs = "SELECT tenants || ' ' || (seconds > 0 AND seconds < 60) FROM tenantry.run";
    let first = grouped("");
    let told = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&told);
    let migrator = first.0.to("0004").observe(move |event| {
        if let Event::Stage {
            forecast, waiting, ..
        } = event
        {
            kept.lock().unwrap().push((forecast.is_some(), *waiting));
        }
    });
    migrator.on(&mut client).run().unwrap();
    assert_eq!(texts(&mut client, runs), ["6 true"]);
    migrator.on(&mut client).run().unwrap();
    assert_eq!(texts(&mut client, runs), ["6 true"]);
    assert_eq!(*told.lock().unwrap(), [(false, 0)]);
    migrator.to("0006").on(&mut client).run().unwrap();
    assert_eq!(texts(&mut client, runs), ["6 true", "6 true"]);
    assert_eq!(*told.lock().unwrap(), [(false, 0), (true, 0)]);
}

/// Has a test that fails end at once, though a run waits for what the test would have done next.
struct Guard<'d>(&'d TestDb);

impl Drop for Guard<'_> {
    fn drop(&mut self) {
        if thread::panicking() {
            let db = Database::connect(self.0.url()).unwrap();
            db.rollout().abort().unwrap();
        }
    }
}

#[track_caller]
fn wait_for(is_so: impl Fn() -> bool) {
    until("what the run does next", is_so);
}

fn join(run: ScopedJoinHandle<'_, Report>) -> Report {
    run.join().unwrap()
}
