//! The order of groups, what is told of them, and how long they take.

use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use postgres::{Client, NoTls};
use tenantry::migrate::{Event, GroupState, GroupStatus, Report, Step};
use tenantry::tenant::NewTenant;
use tenantry_tests::fleet::{check_whole, key, texts};

use crate::common::{AFTER, GROUPS, Log, STRICT, breaks, fleet, grouped, join, longer};

#[test]
fn groups_come_in_order_and_all_before_a_barrier() {
    let (_db, mut client) = fleet();
    let (migrator, log) = grouped(GROUPS);
    let report = migrator.on(&mut client).run().unwrap();
    assert_eq!(report.migrated, 6, "each on both sides of the barrier");
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
    let (db, mut client) = fleet();
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
    db.tenants().rename(&key("a"), &key("z")).unwrap();
    db.tenants().rename(&key("f"), &key("a")).unwrap();
    migrator.to("0004").on(&mut client).attempt().unwrap();
    assert_eq!(log.take(), "big 1, d failed, some 3, a, b, c, rest 2, z, e");
}

#[test]
fn migrators_at_once_keep_to_the_order_of_the_groups() {
    let (db, mut client) = fleet();
    for number in 0..60 {
        let new = NewTenant::new(&key(&format!("n{number}")));
        let new = if number < 30 { new.tag("canary") } else { new };
        db.tenants().create(new).unwrap();
    }
    let config = "
        [[rollout]]
        name = 'canary'
        match = { tags = ['canary'] }
        bake = '300ms'
        health = \"\"\"SELECT NOT EXISTS (SELECT FROM tenantry.tenant
            WHERE version < (SELECT max(version) FROM tenantry.tenant) AND tags @> ARRAY['canary'])\"\"\"";
    let runs: Vec<(Report, Log)> = thread::scope(|scope| {
        let run = || {
            let url = db.url().to_owned();
            let (migrator, log) = grouped(config);
            let connect = move || Ok(Client::connect(&url, NoTls)?);
            let ran = migrator
                .connect_by(connect)
                .workers(2)
                .on(&mut db.connect())
                .run();
            (ran.unwrap(), log)
        };
        let runs: Vec<_> = (0..3).map(|_| scope.spawn(run)).collect();
        runs.into_iter().map(join).collect()
    });
    let all: Vec<String> = runs.iter().map(|(_, log)| log.take()).collect();
    let told = |key: &str| {
        all.iter()
            .flat_map(|log| log.split(", "))
            .filter(|it| *it == key)
            .count()
    };
    for key in texts(&mut client, "SELECT key FROM tenantry.tenant") {
        assert_eq!(
            told(&key),
            2,
            "`{key}`, once on each side of the barrier: {all:?}"
        );
    }
    let done: usize = runs.iter().map(|(report, _)| report.migrated).sum();
    assert!(
        (66..=2 * 66).contains(&done),
        "one or two migrators have done each: {done}"
    );
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
