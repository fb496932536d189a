//! Nobody waits for ever, whoever is in the way, and nobody who only reads waits for a drop.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};
use tenantry::migrate::{Chain, Event};
use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry::tenant::NewTenant;
use tenantry::testing::TestDb;
use tenantry::{Error, ErrorKind};
use tenantry_tests::Shop;
use tenantry_tests::fleet::{PLANS, chain, check_whole, migrate, migrator, texts};
use tenantry_tests::shop::{NewPlan, Plan};
use tenantry_tests::wait::{Stop, until, until_by};

use crate::common::key;

const REGIONS: &str = "CREATE TABLE \"{shared}\".regions (id bigint PRIMARY KEY);";
const ORDERS: &str = "CREATE TABLE \"{tenant}\".orders (id bigint PRIMARY KEY, plan bigint REFERENCES \"{shared}\".plans, \
     region bigint REFERENCES \"{shared}\".regions);\n\
     CREATE TABLE \"{tenant}\".places (id bigint PRIMARY KEY, region bigint REFERENCES \"{shared}\".regions, \
     plan bigint REFERENCES \"{shared}\".plans);";

/// Two shared tables that each tenant references, in this order and in the other.
fn two_shared() -> Chain {
    chain(&[
        PLANS,
        ("0002_regions", &[("shared.up.sql", REGIONS)]),
        ("0003_orders", &[("tenant.up.sql", ORDERS)]),
    ])
}

/// A database with these tenants, whose way in gives up soon.
fn hasty(tenants: &[String]) -> (TestDb, Database, Client) {
    let database = TestDb::new();
    let mut client = database.connect();
    migrate(&mut client, two_shared());
    let db = with(&database, Duration::from_millis(350));
    for name in tenants {
        db.tenants().create(&key(name)).unwrap();
    }
    (database, db, client)
}

fn with(database: &TestDb, total: Duration) -> Database {
    within(database, Duration::from_millis(100), total)
}

fn within(database: &TestDb, lock: Duration, total: Duration) -> Database {
    let mut options = Options::default();
    options.lock_timeout = lock;
    options.lock_wait = total;
    Database::connect_with(&database.config(), NoTls, options).unwrap()
}

fn names(number: usize) -> Vec<String> {
    (0..number).map(|number| format!("t_{number}")).collect()
}

/// Refused for others: it can be tried again, says how often it was, and who is in the way.
#[track_caller]
fn held_up<T: std::fmt::Debug>(outcome: Result<T, Error>, what: &str) {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LockTimeout, "{error}");
    assert!(error.is_retryable(), "{error}");
    let text = error.to_string();
    for part in ["tried ", "session ", "`in the way`", what, "\nhelp: "] {
        assert!(text.contains(part), "`{part}` is not in: {text}");
    }
}

#[test]
fn every_change_ends_while_others_hold_what_it_needs_and_says_who() {
    let (database, db, mut client) = hasty(&["acme".to_owned()]);
    let (acme, new) = (key("acme"), key("new"));
    let tenants = db.tenants();
    let mut other = database.connect();
    other
        .batch_execute("SET application_name = 'in the way'")
        .unwrap();
    let mut hold = |sql: &str, work: &dyn Fn()| {
        other.batch_execute(&format!("BEGIN; {sql}")).unwrap();
        work();
        other.batch_execute("ROLLBACK").unwrap();
    };
    let with_rows = || {
        tenants
            .create_with(&new, |_| Ok(()))
            .map(|(tenant, ())| tenant)
    };

    hold("INSERT INTO shared.plans VALUES (1, 'a')", &|| {
        held_up(tenants.create(&new), "`shared.plans`");
        held_up(with_rows(), "`shared.plans`");
        held_up(tenants.refill_standbys(1), "`shared.plans`");
        // What does not touch the table goes on.
        tenants.suspend(&acme).unwrap();
        tenants.resume(&acme).unwrap();
    });
    hold("SELECT FROM tenantry.meta FOR UPDATE", &|| {
        held_up(tenants.create(&new), "`tenantry.meta`");
        held_up(with_rows(), "`tenantry.meta`");
        held_up(tenants.refill_standbys(1), "`tenantry.meta`");
    });
    hold("LOCK TABLE tenantry.migration", &|| {
        for created in [tenants.create(&new), with_rows()] {
            let error = created.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::LockTimeout, "{error}");
            assert!(error.is_retryable(), "{error}");
        }
    });
    hold("LOCK TABLE tenantry.provisioning", &|| {
        let error = tenants.refill_standbys(1).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LockTimeout, "{error}");
    });
    // Looking for who is in the way is held up too, and then nobody is named.
    let row = "SELECT FROM tenantry.tenant WHERE key = 'acme' FOR UPDATE";
    hold(&format!("LOCK TABLE tenantry.meta; {row}"), &|| {
        let began = Instant::now();
        let error = tenants.suspend(&acme).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LockTimeout, "{error}");
        assert!(began.elapsed() < Duration::from_mins(1), "{error}");
    });
    hold(row, &|| {
        let of = "`tenantry.tenant`";
        held_up(tenants.suspend(&acme), of);
        held_up(tenants.resume(&acme), of);
        held_up(tenants.rename(&acme, &new), of);
        held_up(tenants.tag(&acme, &["beta"], &[]), of);
        held_up(tenants.drop(&acme), of);
        let named = tenants.drop(&acme).unwrap_err();
        assert_eq!(named.tenant(), Some(&acme));
    });
    tenants.refill_standbys(1).unwrap();
    hold("LOCK TABLE tenantry.tenant IN SHARE MODE", &|| {
        let of = "`tenantry.tenant`";
        held_up(tenants.create(&new), of);
        held_up(with_rows(), of);
        held_up(tenants.drop(&acme), of);
    });
    // Somebody else has the standby, and whoever signs up is not held up by that.
    hold(
        "SELECT FROM tenantry.tenant WHERE state = 'standby' FOR UPDATE",
        &|| {
            tenants.create(&key("beside")).unwrap();
        },
    );

    // Drops go on where they stopped.
    hold("SELECT FROM shared.regions", &|| {
        held_up(tenants.drop(&acme), "`shared.regions`");
    });
    let schema = texts(
        &mut client,
        "SELECT schema_name FROM tenantry.tenant WHERE state = 'dropping'",
    );
    hold(&format!("CREATE TABLE {}.mine ()", schema[0]), &|| {
        held_up(tenants.drop(&acme), &format!("the schema `{}`", schema[0]));
    });
    tenants.drop(&acme).unwrap();
    assert!(tenants.drop(&acme).unwrap_err().is_unknown_tenant());
    check_whole(&mut client, &two_shared());
}

#[test]
fn a_keeper_of_standbys_that_waits_can_be_dropped() {
    let (database, _, _) = hasty(&[]);
    // It would wait for a minute.
    let db = with(&database, Duration::from_mins(1));
    let mut other = database.connect();
    other
        .batch_execute("BEGIN; INSERT INTO shared.plans VALUES (1, 'a')")
        .unwrap();
    let keeper = db.tenants().keep_standbys(2);
    let waits = "SELECT pid::text FROM pg_catalog.pg_locks WHERE NOT granted AND relation = 'shared.plans'::regclass \
                 AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())";
    let mut look = database.connect();
    until("the keeper waits", || !texts(&mut look, waits).is_empty());
    // The writer's transaction is over only when the keeper is gone.
    drop(keeper);
    other.batch_execute("COMMIT").unwrap();
}

#[test]
fn drops_at_once_hold_up_no_reader_of_shared_tables_and_end_no_transaction() {
    let tenants = names(10);
    let (database, db, mut client) = hasty(&tenants);
    let stop = AtomicBool::new(false);
    let reads = [const { AtomicUsize::new(0) }; 2];
    let patient = with(&database, Duration::from_mins(1));
    thread::scope(|scope| {
        let end = Stop(&stop);
        for (order, reads) in [["plans", "regions"], ["regions", "plans"]]
            .iter()
            .zip(&reads)
        {
            let (stop, database) = (&stop, &database);
            let read = order.map(|table| format!("SELECT FROM shared.{table}"));
            let read = format!("BEGIN; {}; COMMIT", read.join("; "));
            scope.spawn(move || read_on(&mut database.connect(), &[read], reads, stop));
        }
        let mut long = database.connect();
        long.batch_execute("BEGIN; SELECT FROM shared.regions")
            .unwrap();
        let drop_all = |names: &[String]| -> Vec<Result<(), Error>> {
            let half = names.len() / 2;
            thread::scope(|scope| {
                let parts = [&names[..half], &names[half..]];
                let drops: Vec<_> = parts
                    .into_iter()
                    .map(|names| {
                        let drop = |name: &String| db.tenants().drop(&key(name));
                        scope.spawn(move || names.iter().map(drop).collect::<Vec<_>>())
                    })
                    .collect();
                let joined = drops.into_iter().map(|drop| drop.join().unwrap());
                joined.flatten().collect()
            })
        };
        for outcome in drop_all(&tenants[..4]) {
            assert!(outcome.unwrap_err().is_retryable());
        }
        let waiting = scope.spawn(|| {
            for name in &tenants[..4] {
                patient.tenants().drop(&key(name)).unwrap();
            }
        });
        let mut look = database.connect();
        for _ in 0..3 {
            until_by(&waiting, "the drop waits", || {
                !texts(&mut look, &locks_waited_for("regions")).is_empty()
            });
            for reads in &reads {
                let before = reads.load(Ordering::Relaxed);
                until_by(&waiting, "readers go on", || {
                    reads.load(Ordering::Relaxed) > before + 1
                });
            }
        }
        long.batch_execute("COMMIT").unwrap();
        waiting.join().unwrap();
        for outcome in drop_all(&tenants[4..]) {
            if let Err(error) = outcome {
                assert!(error.is_retryable(), "{error}");
            }
        }
        drop(end);
    });
    check_whole(&mut client, &two_shared());
}

/// Reads in these transactions, again and again, until it is told to stop, and counts how often it did.
///
/// The limit is that of the drops, many times over for loaded machines: behind a drop that waits for the long reader for as
/// long as that reads, it ends, since the long reader does until this one goes on.
fn read_on(client: &mut Client, transactions: &[String], reads: &AtomicUsize, stop: &AtomicBool) {
    client
        .batch_execute("SET lock_timeout = '3s'; SET deadlock_timeout = '50ms'")
        .unwrap();
    while !stop.load(Ordering::Relaxed) {
        for transaction in transactions {
            client.batch_execute(transaction).unwrap();
        }
        reads.fetch_add(1, Ordering::Relaxed);
    }
}

/// Asks for the locks against everybody on shared tables like this that somebody waits for: the table, since when the
/// transaction goes on, and whether it has waited for long.
fn locks_waited_for(table: &str) -> String {
    format!(
        "SELECT pg_catalog.concat_ws(' ', c.relname, extract(epoch FROM a.xact_start), \
             pg_catalog.clock_timestamp() - l.waitstart > '600ms') \
         FROM pg_catalog.pg_locks AS l JOIN pg_catalog.pg_class AS c ON c.oid = l.relation \
         JOIN pg_catalog.pg_stat_activity AS a ON a.pid = l.pid AND a.datname = pg_catalog.current_database() \
         WHERE NOT l.granted AND l.mode = 'AccessExclusiveLock' AND c.relname LIKE '{table}'"
    )
}

#[test]
fn a_drop_waits_for_all_partitions_of_a_shared_table_no_longer_than_for_one_lock() {
    let names: Vec<String> = (0..8).map(|number| format!("part_{number}")).collect();
    let parts = names.iter().enumerate().map(|(number, name)| {
        format!(
            "CREATE TABLE \"{{shared}}\".{name} PARTITION OF \"{{shared}}\".parts \
             FOR VALUES WITH (MODULUS 8, REMAINDER {number});"
        )
    });
    let parts: String = parts.collect();
    let shared = format!(
        "CREATE TABLE \"{{shared}}\".parts (id bigint PRIMARY KEY) PARTITION BY HASH (id); {parts}"
    );
    let tenant = "CREATE TABLE \"{tenant}\".uses (part bigint REFERENCES \"{shared}\".parts);";
    let chain = || {
        chain(&[
            ("0001_parts", &[("shared.up.sql", &shared)]),
            ("0002_uses", &[("tenant.up.sql", tenant)]),
        ])
    };
    let database = TestDb::new();
    let mut client = database.connect();
    migrate(&mut client, chain());
    let db = within(&database, Duration::from_secs(1), Duration::from_mins(1));
    db.tenants().create(&key("acme")).unwrap();

    let stop = AtomicBool::new(false);
    let mut holders: Vec<Option<Client>> = Vec::new();
    for name in &names {
        let mut holder = database.connect();
        let hold = format!("BEGIN; SELECT FROM shared.{name}");
        holder.batch_execute(&hold).unwrap();
        holders.push(Some(holder));
    }
    thread::scope(|scope| {
        let end = Stop(&stop);
        let dropped = scope.spawn(|| db.tenants().drop(&key("acme")).unwrap());
        let each: Vec<String> = names
            .iter()
            .map(|it| format!("SELECT FROM shared.{it}"))
            .collect();
        let (stop, reads) = (&stop, AtomicUsize::new(0));
        scope.spawn({
            let database = &database;
            move || read_on(&mut database.connect(), &each, &reads, stop)
        });
        // Each lets the drop wait for more than half of its time. After the attempt that gets so far, nobody is in the way.
        let mut first = None;
        until("the drop ends", || {
            for waited in texts(&mut client, &locks_waited_for("part%")) {
                let words: Vec<&str> = waited.split(' ').collect();
                let [table, attempt, is_long] = words.try_into().unwrap();
                if first.as_deref().is_some_and(|first| first != attempt) {
                    holders.clear();
                } else if is_long == "t" {
                    first = Some(attempt.to_owned());
                    let held = names.iter().position(|name| name == table);
                    holders[held.expect("somebody reads a partition")] = None;
                }
            }
            dropped.is_finished()
        });
        drop(end);
        dropped.join().unwrap();
        assert!(first.is_some());
    });
    check_whole(&mut client, &chain());
}

#[test]
fn creations_beside_writers_of_two_shared_tables_succeed_or_can_be_tried_again() {
    let (database, _, mut client) = hasty(&[]);
    client
        .batch_execute(
            "INSERT INTO shared.plans VALUES (1, 'a'); INSERT INTO shared.regions VALUES (1)",
        )
        .unwrap();
    let db = with(&database, Duration::from_mins(1));
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let end = Stop(&stop);
        for order in [["plans", "regions"], ["regions", "plans"]] {
            let (stop, database) = (&stop, &database);
            scope.spawn(move || {
                let mut client = database.connect();
                client
                    .batch_execute("SET deadlock_timeout = '10ms'")
                    .unwrap();
                while !stop.load(Ordering::Relaxed) {
                    let [first, second] =
                        order.map(|it| format!("LOCK TABLE shared.{it} IN ROW EXCLUSIVE MODE"));
                    // It is a victim of deadlocks now and then.
                    let _ = client.batch_execute(&format!(
                        "BEGIN; {first}; SELECT pg_sleep(0.005); {second}; COMMIT"
                    ));
                    let _ = client.batch_execute("ROLLBACK");
                }
            });
        }
        let creators: Vec<_> = (0..3)
            .map(|creator| {
                let db = &db;
                scope.spawn(move || {
                    for number in 0..4 {
                        let new = NewTenant::new(&key(&format!("c{creator}_{number}")));
                        let outcome = if number % 2 == 0 {
                            db.tenants().create(new).map(|_| ())
                        } else {
                            db.tenants().create_with(new, |_| Ok(())).map(|_| ())
                        };
                        if let Err(error) = outcome {
                            assert!(error.is_retryable(), "{error}");
                            assert_ne!(error.kind(), ErrorKind::Migration, "{error}");
                        }
                    }
                })
            })
            .collect();
        let outcomes: Vec<_> = creators
            .into_iter()
            .map(thread::ScopedJoinHandle::join)
            .collect();
        drop(end);
        for outcome in outcomes {
            outcome.unwrap();
        }
    });
    check_whole(&mut client, &two_shared());
}

#[test]
fn a_hook_that_waits_for_its_own_creation_is_told_so() {
    let shop = Shop::new();
    let db = with(shop.database(), Duration::from_millis(600));
    let inner = db.clone();
    db.on_create(move |_| {
        let plan = NewPlan::new("own", Decimal::ONE);
        Plan::insert(plan).execute(&mut inner.shared()?)?;
        Ok(())
    });
    let error = db.tenants().create(&key("acme")).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LockTimeout, "{error}");
    let text = error.to_string();
    assert!(text.contains("just creating the tenant `acme`"), "{text}");
    assert!(text.contains("tx.shared_mut()"), "{text}");
    assert!(db.tenant(&key("acme")).unwrap_err().is_unknown_tenant());
    // The connections are as before.
    Plan::insert(NewPlan::new("own", Decimal::ONE))
        .execute(&mut db.shared().unwrap())
        .unwrap();
}

#[test]
fn a_closure_that_asks_the_registry_for_its_own_tenant_is_not_left_waiting() {
    let shop = Shop::new();
    let db = with(shop.database(), Duration::from_millis(600));
    let acme = key("acme");
    let (mut seen, inner) = (Vec::new(), db.clone());
    db.tenants()
        .create_with(&acme, |_| {
            let tenants = inner.tenants();
            seen.push(inner.tenant(&acme).unwrap_err().kind());
            seen.push(tenants.suspend(&acme).unwrap_err().kind());
            seen.push(tenants.drop(&acme).unwrap_err().kind());
            // It would wait for the key.
            let other = NewTenant::new(&key("ACME"));
            let error = tenants.create(other).unwrap_err();
            assert!(error.is_retryable(), "{error}");
            Ok(())
        })
        .unwrap();
    assert_eq!(seen, [ErrorKind::UnknownTenant; 3]);
}

#[test]
fn a_run_ends_though_its_turn_is_locked_by_somebody_else() {
    let database = TestDb::new();
    let mut client = database.connect();
    migrate(&mut client, two_shared());
    let db = Database::connect(database.url()).unwrap();
    db.tenants().create(&key("acme")).unwrap();
    let longer = chain(&[
        PLANS,
        ("0002_regions", &[("shared.up.sql", REGIONS)]),
        ("0003_orders", &[("tenant.up.sql", ORDERS)]),
        (
            "0004_note",
            &[(
                "tenant.up.sql",
                "ALTER TABLE \"{tenant}\".orders ADD COLUMN note text",
            )],
        ),
    ]);
    // Whoever holds it has it as soon as the run has its turn, and keeps it.
    let holder = Arc::new(Mutex::new(database.connect()));
    let locked = Arc::clone(&holder);
    let run = migrator(longer).observe(move |event| {
        if let Event::Stage { .. } = event {
            let lock = "BEGIN; LOCK TABLE tenantry.turn IN SHARE MODE";
            locked.lock().unwrap().batch_execute(lock).unwrap();
        }
    });
    let (told, ended) = mpsc::channel();
    let run = thread::spawn(move || {
        let report = run.on(&mut client).run();
        told.send(()).unwrap();
        report.map(|report| report.migrated)
    });
    let end = ended.recv_timeout(Duration::from_mins(1));
    let held = "SELECT count(*)::text FROM pg_catalog.pg_locks \
                WHERE relation = 'tenantry.turn'::pg_catalog.regclass AND mode = 'ShareLock' AND granted \
                AND database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = current_database())";
    assert_eq!(texts(&mut database.connect(), held), ["1"]);
    holder.lock().unwrap().batch_execute("COMMIT").unwrap();
    end.expect("the run waits for its turn to be given back");
    assert_eq!(run.join().unwrap().unwrap(), 1);
}
