//! Scopes are values: threads, recursion, panics, iterators and cancelled statements.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread;

use tenantry::prelude::*;
use tenantry::{Error, ErrorKind};
use tenantry_tests::Shop;
use tenantry_tests::shop::{Customer, NewCustomer};
use tenantry_tests::wait::{Meeting, until};

use crate::common::{backend, customer, customers, one_connection, open};

/// A thread has the tenant of the scope that is moved into it. Without one it has none, and can't read anything:
/// there is no ambient tenant to lose. That two threads can't use one scope is shown by
/// `tests/ui/scope/tenant_scope_in_two_threads.rs`.
#[test]
fn a_thread_has_the_scope_that_is_moved_into_it() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    customer(&mut acme, "Ann");
    let _other = shop.tenant("globex");
    let thread = thread::spawn(move || {
        customer(&mut acme, "Bob");
        (acme.key().to_string(), customers(&mut acme), acme)
    });
    let (key, names, mut acme) = thread.join().unwrap();
    assert_eq!(
        (key.as_str(), names),
        ("acme", vec!["Ann".to_owned(), "Bob".to_owned()])
    );
    assert_eq!(customers(&mut acme), ["Ann", "Bob"]);
    assert_eq!(customers(&mut shop.tenant("globex")), [""; 0]);
}

/// Threads that open the same tenants from the same database at the same time do not affect each other.
#[test]
fn threads_that_open_the_same_tenants_keep_their_own() {
    let shop = Shop::new();
    for name in ["acme", "globex"] {
        customer(&mut shop.tenant(name), name);
    }
    let meeting = Arc::new(Meeting::new(4));
    let threads: Vec<_> = (0..4)
        .map(|number: usize| {
            let (db, meeting) = (shop.db().clone(), Arc::clone(&meeting));
            thread::spawn(move || {
                let names = ["acme", "globex"];
                for round in 0..25 {
                    let name = names[(number + round) % 2];
                    let mut scope = open(&db, name);
                    meeting.wait();
                    assert_eq!(customers(&mut scope), [name]);
                    meeting.wait();
                    assert_eq!(customers(&mut scope), [name]);
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

/// A function that opens a tenant and calls itself for others finds its own again afterwards.
#[test]
fn a_recursion_over_tenants_comes_back_to_each() {
    fn visit(db: &Database, names: &[&str]) {
        let Some((name, rest)) = names.split_first() else {
            return;
        };
        let mut scope = open(db, name);
        let before = customers(&mut scope);
        visit(db, rest);
        assert_eq!(customers(&mut scope), before);
        assert_eq!(before, [*name]);
    }
    let shop = Shop::new();
    for name in ["a", "b", "c"] {
        customer(&mut shop.tenant(name), name);
    }
    visit(shop.db(), &["a", "b", "a", "c", "b", "a"]);
}

/// An error or a panic in one scope leaves the scope around it as it was.
#[test]
fn a_panic_in_one_scope_leaves_the_other_as_it_was() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    shop.tenant("globex");
    acme.transaction(|acme| {
        customer(acme, "Ann");
        let panic = catch_unwind(AssertUnwindSafe(|| {
            let mut globex = open(shop.db(), "globex");
            globex.transaction(|globex| -> Result<(), Error> {
                customer(globex, "Zoe");
                panic!("in the middle");
            })
        }));
        assert!(panic.is_err());
        assert_eq!(acme.key().as_str(), "acme");
        assert_eq!(customers(acme), ["Ann"]);
        Ok::<_, Error>(())
    })
    .unwrap();
    assert_eq!(customers(&mut acme), ["Ann"]);
    assert_eq!(customers(&mut shop.tenant("globex")), [""; 0]);
}

/// So does a panic inside of a scope's own transaction, and inside of a savepoint.
#[test]
fn a_panic_in_a_savepoint_undoes_the_savepoint_only() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    acme.transaction(|acme| {
        customer(acme, "Ann");
        let panic = catch_unwind(AssertUnwindSafe(|| {
            acme.transaction(|acme| -> Result<(), Error> {
                customer(acme, "Bob");
                panic!("in the middle");
            })
        }));
        assert!(panic.is_err());
        customer(acme, "Cid");
        Ok::<_, Error>(())
    })
    .unwrap();
    assert_eq!(customers(&mut acme), ["Ann", "Cid"]);
}

/// An iterator that holds a tenant's scope keeps the tenant to itself while it is suspended.
#[test]
fn a_suspended_iterator_keeps_its_tenant_to_itself() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    for name in ["Ann", "Bob", "Cid"] {
        customer(&mut acme, name);
    }
    let mut after = String::new();
    let mut pages = std::iter::from_fn(move || {
        let next = Customer::query()
            .filter(Customer::NAME.gt(after.as_str()))
            .order_by(Customer::NAME.asc());
        let row = next.first(&mut acme).unwrap()?;
        after.clone_from(&row.name);
        Some(row.into_inner().name)
    });
    let mut globex = shop.tenant("globex");
    assert_eq!(pages.next().as_deref(), Some("Ann"));
    customer(&mut globex, "Bea");
    assert_eq!(pages.next().as_deref(), Some("Bob"));
    assert_eq!(customers(&mut globex), ["Bea"]);
    assert_eq!(pages.collect::<Vec<_>>(), ["Cid"]);
}

/// A statement that is cancelled in the middle of a transaction leaves nothing on the connection.
#[test]
fn a_cancelled_statement_leaves_nothing_for_the_next_tenant() {
    let shop = Shop::new();
    let db = one_connection(&shop);
    shop.tenant("acme");
    shop.tenant("globex");
    let mut acme = open(&db, "acme");
    let pid = backend(&mut acme);
    let canceller = thread::spawn({
        let mut client = shop.database().connect();
        move || {
            let asleep = "SELECT pg_catalog.pg_cancel_backend(pid) FROM pg_catalog.pg_stat_activity \
                          WHERE pid = $1 AND wait_event = 'PgSleep'";
            until("it sleeps", || {
                !client.query(asleep, &[&pid]).unwrap().is_empty()
            });
        }
    });
    let outcome: Result<(), Error> = acme.transaction(|acme| {
        customer(acme, "Ann");
        acme.sql(sql!("SELECT pg_catalog.pg_sleep(600)::text"))
            .rows::<String>()?;
        Ok(())
    });
    canceller.join().unwrap();
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
    drop(acme);

    let mut globex = open(&db, "globex");
    assert_eq!(backend(&mut globex), pid, "the test needs the same session");
    Customer::insert(NewCustomer::new("Zoe", "zoe@x.example", 1))
        .execute(&mut globex)
        .unwrap();
    assert_eq!(customers(&mut shop.tenant("globex")), ["Zoe"]);
    assert_eq!(customers(&mut shop.tenant("acme")), [""; 0]);
}
