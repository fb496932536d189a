//! The connections of a database: shared, waited for, replaced and retired.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod closed;
mod ended;
mod kept;
#[cfg(unix)]
mod local;
mod looks;
mod network;
mod renewed;
#[cfg(unix)]
mod restart;
mod session;
mod types;

use std::collections::BTreeSet;
use std::thread;
use std::time::Duration;

use postgres::NoTls;
use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry::{Error, ErrorKind};
use tenantry_tests::Shop;
use tenantry_tests::shop::{Customer, Plan};

pub(crate) fn limited(shop: &Shop, change: impl FnOnce(&mut Options)) -> Database {
    let mut options = Options::default();
    options.wait = Duration::from_millis(50);
    change(&mut options);
    Database::connect_with(&shop.database().config(), NoTls, options).unwrap()
}

/// The number of the server's process behind a scope.
pub(crate) fn backend(scope: &mut SharedScope) -> i32 {
    let sql = "SELECT pg_catalog.pg_backend_pid()";
    scope.client().query_typed(sql, &[]).unwrap()[0].get(0)
}

#[test]
fn a_dropped_scope_gives_its_connection_back() {
    let shop = Shop::new();
    let db = limited(&shop, |options| options.max_connections = 1);
    let backends: BTreeSet<i32> = (0..5).map(|_| backend(&mut db.shared().unwrap())).collect();
    assert_eq!(backends.len(), 1);
}

#[test]
fn a_scope_waits_for_a_connection_and_not_for_ever() {
    let shop = Shop::new();
    let db = limited(&shop, |options| options.max_connections = 1);
    let held = db.shared().unwrap();
    let error = db.shared().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Resources);
    assert!(error.to_string().contains("max_connections"), "{error}");

    let patient = limited(&shop, |options| {
        options.max_connections = 1;
        options.wait = Duration::from_mins(2);
    });
    let mut first = patient.shared().unwrap();
    let waiting = thread::spawn(move || backend(&mut patient.shared().unwrap()));
    let pid = backend(&mut first);
    drop(first);
    assert_eq!(waiting.join().unwrap(), pid);
    drop(held);
}

#[test]
fn a_connection_that_the_server_closed_is_not_lent_again() {
    let shop = Shop::new();
    let db = limited(&shop, |options| options.max_connections = 1);
    let mut scope = db.shared().unwrap();
    let pid = backend(&mut scope);
    shop.database()
        .connect()
        .execute("SELECT pg_catalog.pg_terminate_backend($1)", &[&pid])
        .unwrap();
    let error = Plan::query().count(&mut scope).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
    drop(scope);
    assert_eq!(Plan::query().count(&mut db.shared().unwrap()).unwrap(), 2);
}

#[test]
fn a_connection_that_breaks_in_a_transaction_loses_the_transaction_only() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let outcome: Result<(), Error> = acme.transaction(|tx| {
        Plan::update_where(Plan::everything())
            .set(Plan::MONTHLY, Decimal::ONE)
            .execute(&mut tx.shared_mut())?;
        let sql = "SELECT pg_catalog.pg_backend_pid()";
        let pid: i32 = tx.client().query_typed(sql, &[])?[0].get(0);
        let other = shop
            .database()
            .connect()
            .execute("SELECT pg_catalog.pg_terminate_backend($1)", &[&pid]);
        assert_eq!(other.unwrap(), 1);
        Customer::query().count(tx)?;
        Ok(())
    });
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Connection);
    drop(acme);
    let mut again = shop.tenant("acme");
    assert_eq!(
        Plan::query()
            .filter(Plan::MONTHLY.eq(Decimal::ONE))
            .count(&mut again)
            .unwrap(),
        0
    );
}

#[test]
fn a_commit_without_an_answer_is_unknown_not_failed() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let outcome: Result<(), Error> = acme.transaction(|tx| {
        Plan::query().count(tx)?;
        let sql = "SELECT pg_catalog.pg_backend_pid()";
        let pid: i32 = tx.client().query_typed(sql, &[])?[0].get(0);
        shop.database()
            .connect()
            .execute("SELECT pg_catalog.pg_terminate_backend($1)", &[&pid])
            .unwrap();
        Ok(())
    });
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::CommitUnknown);
}

#[test]
fn many_threads_work_in_many_tenants_over_few_connections() {
    let shop = Shop::new();
    for number in 0..8 {
        shop.tenant(&format!("tenant{number}"));
    }
    let db = limited(&shop, |options| {
        options.max_connections = 3;
        options.wait = Duration::from_mins(2);
    });
    let threads: Vec<_> = (0..8)
        .map(|number| {
            let db = db.clone();
            thread::spawn(move || {
                let key = TenantKey::new(format!("tenant{number}")).unwrap();
                for round in 0..10 {
                    let mut scope = db.tenant(&key).unwrap();
                    let new = tenantry_tests::shop::NewCustomer::new(
                        key.as_str(),
                        format!("{round}@x.example"),
                        1,
                    );
                    Customer::insert(new).execute(&mut scope).unwrap();
                    for customer in Customer::query().all(&mut scope).unwrap() {
                        assert_eq!(customer.name, key.as_str());
                    }
                }
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}

#[test]
fn a_wrong_address_is_found_at_once_and_without_the_password() {
    let error = Database::connect("postgres://app:secret@127.0.0.1:1/app").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection, "{error:?}");
    assert!(!format!("{error} {error:?}").contains("secret"));
    assert_eq!(
        Database::connect("no address").unwrap_err().kind(),
        ErrorKind::Configuration
    );
}
