//! How long connections are kept, who gets one first, and the numbers about it.

use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use tenantry::ErrorKind;
use tenantry_tests::Shop;
use tenantry_tests::wait::until;

use super::{backend, limited};

#[test]
fn a_connection_that_nobody_uses_is_closed_without_being_asked_for() {
    let shop = Shop::new();
    let db = limited(&shop, |options| {
        options.idle_timeout = Duration::from_millis(200);
    });
    let pid = backend(&mut db.shared().unwrap());
    until("it is closed", || db.pool_status().open == 0);
    let left = "SELECT count(*) FROM pg_catalog.pg_stat_activity WHERE pid = $1";
    let mut client = shop.database().connect();
    until("the server is done with it", || {
        client.query_one(left, &[&pid]).unwrap().get::<_, i64>(0) == 0
    });
    assert_ne!(backend(&mut db.shared().unwrap()), pid);
}

#[test]
fn a_connection_is_closed_when_it_has_lived_long_enough_and_not_while_it_is_used() {
    let shop = Shop::new();
    let db = limited(&shop, |options| {
        options.max_connections = 1;
        options.max_lifetime = Some(Duration::from_millis(1));
        options.wait = Duration::from_mins(2);
    });
    let mut scope = db.shared().unwrap();
    let pid = backend(&mut scope);
    thread::sleep(Duration::from_millis(5));
    assert_eq!(backend(&mut scope), pid);
    drop(scope);
    assert_eq!(db.pool_status().open, 0);
    let unlimited = limited(&shop, |options| {
        options.max_connections = 1;
        options.max_lifetime = None;
    });
    let pid = backend(&mut unlimited.shared().unwrap());
    assert_eq!(backend(&mut unlimited.shared().unwrap()), pid);
}

#[test]
fn who_waits_for_a_connection_is_served_in_the_order_of_coming() {
    const WAITING: usize = 12;
    let shop = Shop::new();
    let db = limited(&shop, |options| {
        options.max_connections = 1;
        options.wait = Duration::from_mins(2);
    });
    let held = db.shared().unwrap();
    let (tell, told) = mpsc::channel();
    let threads: Vec<_> = (0..WAITING)
        .map(|number| {
            let (theirs, tell) = (db.clone(), tell.clone());
            let thread = thread::spawn(move || {
                let scope = theirs.shared().unwrap();
                tell.send(number).unwrap();
                drop(scope);
                // Whoever comes again stands behind all others.
                drop(theirs.shared().unwrap());
            });
            until("it waits", || db.pool_status().waiting == number + 1);
            thread
        })
        .collect();
    drop(held);
    for thread in threads {
        thread.join().unwrap();
    }
    drop(tell);
    let order: Vec<usize> = told.iter().collect();
    assert_eq!(order, (0..WAITING).collect::<Vec<_>>());
    let status = db.pool_status();
    assert_eq!((status.waiting, status.idle, status.open), (0, 1, 1));
    assert!(status.waits >= WAITING as u64 && status.gave_up == 0);
    assert!(status.waited >= status.longest_wait && !status.longest_wait.is_zero());
}

#[test]
fn whoever_gives_up_leaves_nothing_behind() {
    let shop = Shop::new();
    let db = limited(&shop, |options| options.max_connections = 2);
    let held = [db.shared().unwrap(), db.shared().unwrap()];
    let threads: Vec<_> = (0..8)
        .map(|_| {
            let db = db.clone();
            thread::spawn(move || db.shared().map(drop).unwrap_err().kind())
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), ErrorKind::Resources);
    }
    let status = db.pool_status();
    assert_eq!((status.waiting, status.waits, status.gave_up), (0, 8, 8));
    assert_eq!((status.max, status.open, status.idle), (2, 2, 0));
    drop(held);
    assert_eq!(db.pool_status().idle, 2);
    drop([db.shared().unwrap(), db.shared().unwrap()]);
    assert_eq!(db.pool_status().open, 2);
}

#[test]
fn a_transaction_that_a_scope_is_dropped_in_is_not_the_next_scopes() {
    let shop = Shop::new();
    let db = limited(&shop, |options| options.max_connections = 1);
    let mut scope = db.shared().unwrap();
    let pid = backend(&mut scope);
    let outcome: Result<(), Box<dyn std::any::Any + Send>> =
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut scope = scope;
            drop(scope.transaction(|_| -> tenantry::Result<()> { panic!("of the application") }));
        }));
    assert!(outcome.is_err());
    let mut next = db.shared().unwrap();
    assert_eq!(backend(&mut next), pid);
    let state = "SELECT state FROM pg_catalog.pg_stat_activity WHERE pid = $1";
    let row = shop.database().connect().query_one(state, &[&pid]).unwrap();
    assert_eq!(row.get::<_, &str>(0), "idle");
}
