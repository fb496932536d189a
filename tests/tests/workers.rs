//! Runs with several workers: locks, retries, budgets, and others at work in the same database.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::collections::HashSet;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use postgres::{Client, NoTls};
use tenantry::ErrorKind;
use tenantry::migrate::{Chain, Event, Migrator};
use tenantry::testing::{Server, TestDb};
use tenantry_tests::fleet::{
    CUSTOMERS, Folder, INVOICES, PLANS, app, chain, check_whole, create, migrate, migrator, shop,
    texts, watched,
};
use tenantry_tests::wait::until_by;

/// Adds a column, which is fast, to a table that others may be using.
const NOTES: Folder<'static> = (
    "0004_notes",
    &[
        (
            "tenant.up.sql",
            "ALTER TABLE \"{tenant}\".customers ADD COLUMN note text;",
        ),
        (
            "tenant.down.sql",
            "ALTER TABLE \"{tenant}\".customers DROP COLUMN note;",
        ),
    ],
);

fn longer() -> Chain {
    chain(&[PLANS, CUSTOMERS, INVOICES, NOTES])
}

fn name(number: usize) -> String {
    format!("a{number:03}")
}

/// A database with tenants that lack the last migration.
fn young(tenants: usize) -> (TestDb, Client) {
    let db = TestDb::new();
    let mut client = db.connect();
    migrate(&mut client, shop());
    for number in 0..tenants {
        create(&mut client, &name(number));
    }
    (db, client)
}

fn with_workers(workers: usize, chain: Chain, url: &str) -> Migrator {
    let url = url.to_owned();
    migrator(chain)
        .connect_by(move || Ok(Client::connect(&url, NoTls)?))
        .workers(workers)
}

#[test]
fn workers_share_the_tenants_and_do_each_once() {
    let (db, mut client) = young(60);
    let (migrator, seen) = watched(with_workers(4, longer(), db.url()));
    let report = migrator.on(&mut client).run().unwrap();
    assert_eq!(report.migrated, 60);
    let keys: HashSet<String> = seen
        .take()
        .iter()
        .map(|tenant| tenant.key.to_string())
        .collect();
    assert_eq!(keys.len(), 60);
    check_whole(&mut client, &longer());

    let (migrator, seen) = watched(with_workers(4, longer(), db.url()));
    let report = migrator.on(&mut client).rollback(Some("0002")).unwrap();
    assert_eq!((report.migrated, seen.take().len()), (60, 60));
    check_whole(&mut client, &longer());
}

#[test]
fn a_worker_that_has_no_connection_leaves_the_work_to_the_others() {
    let (_db, mut client) = young(5);
    let nowhere = || Ok(Client::connect("host=/nowhere user=nobody", NoTls)?);
    let report = migrator(longer())
        .connect_by(nowhere)
        .workers(3)
        .on(&mut client)
        .run()
        .unwrap();
    assert_eq!(report.migrated, 5);
}

#[test]
fn a_run_that_has_nothing_to_do_opens_no_connection() {
    let (db, mut client) = young(3);
    let opened = Arc::new(AtomicUsize::new(0));
    let (theirs, url) = (Arc::clone(&opened), db.url().to_owned());
    let connect = move || {
        theirs.fetch_add(1, Ordering::Relaxed);
        Ok(Client::connect(&url, NoTls)?)
    };
    let counted = |chain| migrator(chain).connect_by(connect.clone()).workers(4);
    for chain in [shop(), shop(), longer(), longer()] {
        let report = counted(chain).on(&mut client).run().unwrap();
        let is_idle = report.migrated == 0;
        assert_eq!(opened.swap(0, Ordering::Relaxed) == 0, is_idle);
    }
}

#[test]
fn migrators_at_once_share_the_work() {
    let (db, mut client) = young(120);
    let reports: Vec<_> = thread::scope(|scope| {
        let run = || {
            with_workers(2, longer(), db.url())
                .on(&mut db.connect())
                .run()
                .unwrap()
        };
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(run)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap())
            .collect()
    });
    let done: usize = reports.iter().map(|report| report.migrated).sum();
    assert_eq!(done, 120);
    check_whole(&mut client, &longer());
}

#[test]
fn a_lock_that_is_held_for_a_while_is_tried_for_again_and_holds_up_nobody_else() {
    let (db, mut client) = young(20);
    let mut other = db.connect();
    let mut reader = other.transaction().unwrap();
    reader
        .batch_execute("SELECT count(*) FROM a003.customers")
        .unwrap();
    let order = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&order);
    let migrator = with_workers(2, longer(), db.url())
        .lock_timeout(Duration::from_millis(50))
        .attempts(50)
        .observe(move |event| {
            let mut kept = kept.lock().unwrap();
            match event {
                Event::Tenant(tenant) => kept.push(tenant.key.to_string()),
                Event::Retry { tenant, why, .. } => {
                    assert_eq!(why.sqlstate.as_deref(), Some("55P03"));
                    kept.push(format!("{} waits", tenant.as_ref().unwrap()));
                }
                _ => {}
            }
        });
    thread::scope(|scope| {
        let run = scope.spawn(|| migrator.on(&mut client).run().unwrap());
        // The others are done, and told of, while the reader reads on.
        until_by(&run, "the others are done", || {
            let order = order.lock().unwrap();
            let done = order.iter().filter(|it| !it.ends_with(" waits"));
            done.count() == 19 && order.contains(&"a003 waits".to_owned())
        });
        let mut look = db.connect();
        let behind = "SELECT key FROM tenantry.tenant WHERE version < 4";
        assert_eq!(texts(&mut look, behind), ["a003"]);
        reader.commit().unwrap();
        assert_eq!(run.join().unwrap().migrated, 20);
    });
    assert_eq!(order.lock().unwrap().last().unwrap(), "a003");
    check_whole(&mut client, &longer());
}

#[test]
fn a_tenant_that_somebody_else_works_on_does_not_wait_for_one_whose_lock_is_held() {
    let (db, mut client) = young(3);
    let (mut other, mut another) = (db.connect(), db.connect());
    let mut reader = other.transaction().unwrap();
    reader
        .batch_execute("SELECT count(*) FROM a001.customers")
        .unwrap();
    let mut worker = another.transaction().unwrap();
    worker
        .batch_execute("SELECT FROM tenantry.tenant WHERE key = 'a002' FOR UPDATE")
        .unwrap();
    let retries = Arc::new(AtomicUsize::new(0));
    let kept = Arc::clone(&retries);
    let migrator = migrator(longer())
        .lock_timeout(Duration::from_millis(20))
        .attempts(1000)
        .observe(move |event| {
            if matches!(event, Event::Retry { .. }) {
                kept.fetch_add(1, Ordering::Relaxed);
            }
        });
    thread::scope(|scope| {
        let run = scope.spawn(|| migrator.on(&mut client).run().unwrap());
        // The second retry comes after all tenants were tried.
        until_by(&run, "all were tried", || {
            retries.load(Ordering::Relaxed) >= 2
        });
        worker.commit().unwrap();
        let mut look = db.connect();
        let behind = "SELECT key FROM tenantry.tenant WHERE version < 4";
        until_by(&run, "the other is done", || {
            texts(&mut look, behind) == ["a001"]
        });
        reader.commit().unwrap();
        assert_eq!(run.join().unwrap().migrated, 3);
    });
    check_whole(&mut client, &longer());
}

#[test]
fn a_lock_that_is_never_to_be_had_fails_the_tenant_after_so_many_attempts() {
    let (db, mut client) = young(3);
    let mut other = db.connect();
    let mut reader = other.transaction().unwrap();
    reader
        .batch_execute("SELECT count(*) FROM a001.customers")
        .unwrap();
    let migrator = migrator(longer())
        .lock_timeout(Duration::from_millis(20))
        .attempts(3);
    let retries = Arc::new(Mutex::new(0));
    let kept = Arc::clone(&retries);
    let watching = migrator.clone().observe(move |event| {
        if matches!(event, Event::Retry { .. }) {
            *kept.lock().unwrap() += 1;
        }
    });
    let report = watching.on(&mut client).attempt().unwrap();
    assert_eq!((report.migrated, report.failed.len()), (2, 1));
    assert_eq!(*retries.lock().unwrap(), 2);
    let failure = report.failed[0].error.as_ref().unwrap();
    assert_eq!(failure.sqlstate.as_deref(), Some("55P03"));
    assert!(failure.message.contains("0004_notes"), "{failure:?}");
    reader.commit().unwrap();
    assert_eq!(migrator.on(&mut client).run().unwrap().migrated, 1);
}

#[test]
fn a_statement_that_takes_too_long_fails_the_tenant() {
    let (_db, mut client) = young(2);
    let slow: Folder<'_> = (
        "0004_slow",
        &[(
            "tenant.up.sql",
            "SELECT pg_catalog.pg_sleep(CASE WHEN '\"{tenant}\"'::regnamespace::text = 'a000' THEN 600 ELSE 0 END);",
        )],
    );
    let report = migrator(chain(&[PLANS, CUSTOMERS, INVOICES, slow]))
        .statement_timeout(Duration::from_secs(1))
        .on(&mut client)
        .attempt()
        .unwrap();
    assert_eq!((report.migrated, report.failed.len()), (1, 1));
    let failure = report.failed[0].error.as_ref().unwrap();
    assert_eq!(failure.sqlstate.as_deref(), Some("57014"));
}

#[test]
fn a_run_stops_when_more_have_failed_than_it_was_told() {
    let (_db, mut client) = young(10);
    client
        .batch_execute(
            "INSERT INTO a002.customers VALUES (1, 'Ann', NULL); INSERT INTO a004.customers VALUES (1, 'Ann', NULL); \
             INSERT INTO a006.customers VALUES (1, 'Ann', NULL)",
        )
        .unwrap();
    let strict: Folder<'_> = (
        "0004_strict",
        &[(
            "tenant.up.sql",
            "ALTER TABLE \"{tenant}\".customers ALTER COLUMN plan SET NOT NULL;",
        )],
    );
    let chain = chain(&[PLANS, CUSTOMERS, INVOICES, strict]);
    let report = migrator(chain.clone())
        .max_failures(1)
        .on(&mut client)
        .attempt()
        .unwrap();
    assert_eq!(report.failed.len(), 2);
    let stopped = report.stopped.as_deref().unwrap();
    assert!(stopped.contains("2 tenants have failed"), "{stopped}");
    assert!(!report.is_success());
    let error = migrator(chain.clone())
        .max_failures(0)
        .on(&mut client)
        .run()
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Migration);
    client
        .batch_execute(
            "DELETE FROM a002.customers; DELETE FROM a004.customers; DELETE FROM a006.customers",
        )
        .unwrap();
    migrator(chain.clone()).on(&mut client).run().unwrap();
    check_whole(&mut client, &chain);
}

#[test]
fn a_small_lock_table_makes_smaller_transactions() {
    let server = Server::builder()
        .setting("max_locks_per_transaction", "10")
        .setting("max_connections", "10")
        .start()
        .unwrap();
    let db = server.database().unwrap();
    let mut client = db.connect();
    let tables = |prefix: &str| {
        let table = |number| {
            format!(
                "CREATE TABLE \"{{tenant}}\".{prefix}{number} (id bigint PRIMARY KEY, n int UNIQUE);\n"
            )
        };
        (0..30).map(table).collect::<Vec<_>>().concat()
    };
    let (first, second) = (tables("a"), tables("b"));
    let before = chain(&[("0001_a", &[("tenant.up.sql", first.as_str())])]);
    migrate(&mut client, before);
    for number in 0..25 {
        create(&mut client, &name(number));
    }
    let after = chain(&[
        ("0001_a", &[("tenant.up.sql", first.as_str())]),
        ("0002_b", &[("tenant.up.sql", second.as_str())]),
    ]);
    let report = with_workers(2, after.clone(), db.url())
        .on(&mut client)
        .run()
        .unwrap();
    assert_eq!(report.migrated, 25);
    check_whole(&mut client, &after);
}

#[test]
fn tenants_that_are_created_and_dropped_meanwhile_end_where_all_do() {
    let (db, mut client) = young(40);
    thread::scope(|scope| {
        let run = scope.spawn(|| {
            with_workers(2, longer(), db.url())
                .on(&mut db.connect())
                .run()
                .unwrap()
        });
        let mut other = db.connect();
        for number in 0..20 {
            create(&mut other, &format!("b{number}"));
            let key = tenantry_tests::fleet::key(&name(number * 2));
            app(db.url()).tenants().drop(&key).unwrap();
        }
        run.join().unwrap();
    });
    with_workers(2, longer(), db.url())
        .on(&mut client)
        .run()
        .unwrap();
    let versions = "SELECT DISTINCT version::text FROM tenantry.tenant";
    assert_eq!(texts(&mut client, versions), ["4"]);
    assert_eq!(
        texts(&mut client, "SELECT key FROM tenantry.tenant").len(),
        40
    );
    check_whole(&mut client, &longer());
}

#[test]
fn an_observer_that_panics_ends_the_run_and_leaves_nobody_waiting() {
    let (db, mut client) = young(30);
    let is_first = AtomicBool::new(true);
    let migrator = with_workers(3, longer(), db.url()).observe(move |event| {
        let is_tenant = matches!(event, Event::Tenant(_));
        assert!(
            !is_tenant || !is_first.swap(false, Ordering::Relaxed),
            "enough"
        );
    });
    let run = std::panic::AssertUnwindSafe(|| migrator.on(&mut client).run());
    assert!(std::panic::catch_unwind(run).is_err());
    let mut client = db.connect();
    migrate(&mut client, longer());
    check_whole(&mut client, &longer());
}
