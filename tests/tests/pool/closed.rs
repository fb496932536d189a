//! Databases that are closed before the program ends.

use std::sync::atomic::{AtomicUsize, Ordering};

use tenantry::testing::TestDb;
use tenantry_tests::chain_of;
use tenantry_tests::wait::until;

use super::*;

const LONG: Duration = Duration::from_mins(2);

/// The database of an application whose sessions are known by a name.
fn named(shop: &Shop, change: impl FnOnce(&mut Options)) -> Database {
    let mut config = shop.database().config();
    config.application_name("to be closed");
    let mut options = Options::default();
    options.wait = LONG;
    change(&mut options);
    Database::connect_with(&config, NoTls, options).unwrap()
}

/// How many sessions the application has.
fn sessions(database: &TestDb) -> i64 {
    let sql = "SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE application_name = 'to be closed' \
               AND datname = pg_catalog.current_database()";
    database.connect().query_one(sql, &[]).unwrap().get(0)
}

fn kind<T>(outcome: Result<T, Error>) -> ErrorKind {
    outcome.map(drop).unwrap_err().kind()
}

#[test]
fn what_is_under_way_is_waited_for_and_nothing_else_is_begun() {
    let shop = Shop::new();
    drop(shop.tenant("acme"));
    let acme = TenantKey::new("acme").unwrap();
    let db = named(&shop, |options| options.max_connections = 2);
    let mut scope = db.tenant(&acme).unwrap();
    // One more is idle.
    drop(db.shared().unwrap());
    let (theirs, closed) = (db.clone(), AtomicUsize::new(0));
    thread::scope(|threads| {
        threads.spawn(|| {
            theirs.close(LONG).unwrap();
            closed.store(1, Ordering::Relaxed);
        });
        until("nobody is served", || db.shared().is_err());
        assert_eq!(kind(db.shared()), ErrorKind::Closed);
        assert_eq!(kind(db.tenant(&acme)), ErrorKind::Closed);
        assert_eq!(kind(db.tenant_now(&acme)), ErrorKind::Closed);
        assert_eq!(kind(db.tenants().suspend(&acme)), ErrorKind::Closed);
        let initech = TenantKey::new("initech").unwrap();
        assert_eq!(kind(db.tenants().create(&initech)), ErrorKind::Closed);
        let run = db.migrator(chain_of(&[Plan::DEF])).run();
        assert_eq!(kind(run), ErrorKind::Closed);
        let error = db.shared().unwrap_err();
        assert!(error.to_string().contains("help: "), "{error}");
        // The scope that is open goes on.
        let mut tx = scope.begin().unwrap();
        assert_eq!(Customer::query().count(&mut tx).unwrap(), 0);
        tx.commit().unwrap();
        assert_eq!(closed.load(Ordering::Relaxed), 0);
        drop(scope);
    });
    assert_eq!(closed.load(Ordering::Relaxed), 1);
    assert_eq!(db.pool_status().open, 0);
    until("the server is done", || sessions(shop.database()) == 0);
    db.close(Duration::ZERO).unwrap();
    // Others are not closed with it.
    shop.tenant("acme");
}

#[test]
fn whoever_waits_for_a_connection_is_told_and_the_wait_for_the_last_has_a_limit() {
    let shop = Shop::new();
    let db = named(&shop, |options| options.max_connections = 1);
    let held = db.shared().unwrap();
    let theirs = db.clone();
    let waits = thread::spawn(move || kind(theirs.shared()));
    until("it waits", || db.pool_status().waiting == 1);
    let error = db.close(Duration::from_millis(1)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Resources);
    assert!(error.to_string().contains("1 connection is"), "{error}");
    assert_eq!(waits.join().unwrap(), ErrorKind::Closed);
    drop(held);
    assert_eq!(db.pool_status().open, 0);
    db.close(Duration::ZERO).unwrap();
    until("the server is done", || sessions(shop.database()) == 0);
}

#[test]
fn the_threads_that_look_after_tenants_and_standbys_end() {
    let shop = Shop::new();
    drop(shop.tenant("acme"));
    let acme = TenantKey::new("acme").unwrap();
    let db = named(&shop, |options| {
        options.registry_staleness = Duration::from_millis(100);
    });
    let keeper = db.tenants().keep_standbys(1);
    until("there is a standby", || {
        db.tenants().standbys().unwrap().ready == 1
    });
    // The thread that looks after known tenants has a connection of its own.
    until("it looks", || {
        drop(db.tenant(&acme).unwrap());
        sessions(shop.database()) > i64::try_from(db.pool_status().open).unwrap()
    });
    db.close(LONG).unwrap();
    until("the server is done", || sessions(shop.database()) == 0);
    until("the standbys are left alone", || {
        keeper
            .take_error()
            .is_some_and(|error| error.kind() == ErrorKind::Closed)
    });
}
