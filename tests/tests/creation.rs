//! Tenants that are created beside each other, beside a migrator, and with rows of the application's own.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::sync::Barrier;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::channel;
use std::thread;
use std::time::{Duration, Instant};

use postgres::{Client, Config, NoTls};
use tenantry::Error;
use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry::tenant::NewTenant;
use tenantry::testing::TestDb;
use tenantry_tests::fleet::{
    CUSTOMERS, PLANS, chain, check_whole, create, key, migrate, shop, shop_db, texts,
};

/// The class of the locks that creations take.
const SLOTS: &str = "classid = 1952804353";

fn with(database: &TestDb, change: impl FnOnce(&mut Options)) -> Database {
    let config: Config = database.url().parse().unwrap();
    let mut options = Options::default();
    change(&mut options);
    Database::connect_with(&config, NoTls, options).unwrap()
}

/// How many sessions hold, or wait for, a lock of this database.
fn locks(client: &mut Client, condition: &str) -> i64 {
    let sql = format!(
        "SELECT count(*) FROM pg_catalog.pg_locks WHERE {condition} AND database = \
         (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())"
    );
    client.query_one(&sql, &[]).unwrap().get(0)
}

fn wait_until(client: &mut Client, condition: &str) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while locks(client, condition) == 0 {
        assert!(Instant::now() < deadline, "nobody has `{condition}`");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn a_migrator_that_waits_for_a_creation_and_one_that_comes_after_it_do_not_wait_for_each_other() {
    let database = TestDb::new();
    let mut client = database.connect();
    migrate(&mut client, chain(&[PLANS, CUSTOMERS]));
    let db = with(&database, |_| {});
    thread::scope(|scope| {
        let (db, database) = (&db, &database);
        let (end, ended) = channel::<()>();
        scope.spawn(move || {
            let made = db.tenants().create_with(&key("first"), |_| {
                // It ends also when the test fails, which drops the other side.
                let _ = ended.recv();
                Ok::<_, Error>(())
            });
            made.unwrap();
        });
        wait_until(&mut client, &format!("{SLOTS} AND granted"));
        scope.spawn(move || migrate(&mut database.connect(), shop()));
        let waits = "relation = 'tenantry.ledger'::regclass AND NOT granted";
        wait_until(&mut client, waits);
        let second = scope.spawn(move || create(&mut database.connect(), "second"));
        wait_until(
            &mut client,
            "relation = 'tenantry.ledger'::regclass AND NOT granted AND mode = 'RowExclusiveLock'",
        );
        // The server looks for those who wait for each other after a second.
        thread::sleep(Duration::from_millis(1200));
        end.send(()).unwrap();
        second.join().unwrap();
    });
    assert_eq!(
        texts(&mut client, "SELECT version::text FROM tenantry.tenant"),
        ["3", "3"]
    );
    check_whole(&mut client, &shop());
}

#[test]
fn one_connection_is_enough_to_create_a_tenant_with_rows() {
    let database = shop_db();
    let db = with(&database, |options| {
        options.max_connections = 1;
        options.wait = Duration::from_millis(200);
    });
    let (tenant, number) = db
        .tenants()
        .create_with(&key("acme"), |tx| {
            let sql = format!("INSERT INTO {}.customers VALUES (1, 'Ann')", tx.schema());
            Ok::<_, Error>(tx.client().execute(&sql, &[])?)
        })
        .unwrap();
    assert_eq!((tenant.key().as_str(), number), ("acme", 1));
}

#[test]
fn as_many_are_created_at_a_time_as_the_options_or_the_new_tenant_say() {
    let database = shop_db();
    let mut client = database.connect();
    let db = with(&database, |options| options.max_creations = 1);
    for (names, at_once, in_slots) in [(["a", "b"], None, 1), (["c", "d"], Some(1000), 2)] {
        let barrier = Barrier::new(2);
        let first = AtomicBool::new(true);
        thread::scope(|scope| {
            for name in names {
                let new = NewTenant::new(&key(name));
                let new = at_once.map_or(new.clone(), |number| new.at_once(number));
                let (db, barrier, first) = (&db, &barrier, &first);
                scope.spawn(move || {
                    let made = db.tenants().create_with(new, |_| {
                        if first.swap(false, Ordering::Relaxed) {
                            barrier.wait();
                        }
                        Ok::<_, Error>(())
                    });
                    made.unwrap();
                });
            }
            let both = SLOTS;
            let deadline = Instant::now() + Duration::from_secs(20);
            while locks(&mut client, both) < 2 && Instant::now() < deadline {
                thread::sleep(Duration::from_millis(5));
            }
            let granted = locks(&mut client, &format!("{SLOTS} AND granted"));
            barrier.wait();
            assert_eq!(granted, in_slots);
        });
    }
    check_whole(&mut client, &shop());
}

#[test]
fn a_keeper_is_told_of_tenants_that_were_created_with_rows() {
    let database = shop_db();
    let db = with(&database, |_| {});
    let wait_for_one = || {
        let start = Instant::now();
        while db.tenants().standbys().unwrap().ready != 1 {
            // It looks by itself after five seconds only.
            assert!(start.elapsed() < Duration::from_secs(4));
            thread::sleep(Duration::from_millis(5));
        }
    };
    let keeper = db.tenants().keep_standbys(1);
    wait_for_one();
    let made = db.tenants().create_with(&key("a"), |_| Ok::<_, Error>(()));
    made.unwrap();
    wait_for_one();
    drop(keeper);
}
