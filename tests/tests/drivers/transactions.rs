//! Transactions, savepoints and locks.

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry_tests::shop::{Customer, Plan};

use super::{TenantScope, World, now};
use crate::{names, new_customer};

fn pro(scope: &mut TenantScope) -> Stored<Plan> {
    now(Plan::query().filter(Plan::CODE.eq("pro")).one(scope)).unwrap()
}

fn all(scope: &mut TenantScope) -> Vec<Stored<Customer>> {
    now(Customer::query().order_by(Customer::NAME.asc()).all(scope)).unwrap()
}

#[test]
fn what_is_committed_stays_and_what_is_rolled_back_or_dropped_does_not() {
    let world = World::new();
    let (mut acme, mut other) = (world.tenant("acme"), world.tenant("acme"));
    let pro = pro(&mut acme);
    let mut tx = now(acme.begin()).unwrap();
    now(Customer::insert(new_customer("Ann", &pro)).execute(&mut tx)).unwrap();
    assert!(all(&mut other).is_empty());
    let mut inner = now(tx.begin()).unwrap();
    now(Customer::insert(new_customer("Bob", &pro)).execute(&mut inner)).unwrap();
    now(inner.rollback()).unwrap();
    let mut inner = now(tx.begin()).unwrap();
    now(Customer::insert(new_customer("Cem", &pro)).execute(&mut inner)).unwrap();
    now(inner.commit()).unwrap();
    now(tx.commit()).unwrap();
    assert_eq!(names(&all(&mut other)), ["Ann", "Cem"]);
    let mut tx = now(acme.begin()).unwrap();
    now(Customer::delete_where(Customer::everything()).execute(&mut tx)).unwrap();
    drop(tx);
    assert_eq!(names(&all(&mut acme)), ["Ann", "Cem"]);
}

#[test]
fn a_save_that_is_rolled_back_is_made_again() {
    let world = World::new();
    let mut acme = world.tenant("acme");
    let pro = pro(&mut acme);
    let mut ann = now(Customer::insert(new_customer("Ann", &pro)).returning(&mut acme)).unwrap();
    let mut tx = now(acme.begin()).unwrap();
    ann.note = Some("saved".to_owned());
    now(ann.save(&mut tx)).unwrap();
    now(tx.rollback()).unwrap();
    assert_eq!(all(&mut acme)[0].note, None);
    now(ann.save(&mut acme)).unwrap();
    assert_eq!(all(&mut acme)[0].note.as_deref(), Some("saved"));
}

#[test]
fn a_statement_that_fails_spoils_its_transaction_and_no_other() {
    let world = World::new();
    let mut acme = world.tenant("acme");
    let pro = pro(&mut acme);
    let ann = || Customer::insert(new_customer("Ann", &pro));
    let mut tx = now(acme.begin()).unwrap();
    now(ann().execute(&mut tx)).unwrap();
    // In a savepoint it spoils that alone.
    let mut inner = now(tx.begin()).unwrap();
    let twice = now(ann().execute(&mut inner)).unwrap_err();
    assert_eq!(twice.kind(), ErrorKind::Unique);
    now(inner.rollback()).unwrap();
    assert_eq!(now(Customer::query().count(&mut tx)).unwrap(), 1);
    assert!(now(ann().execute(&mut tx)).is_err());
    let aborted = now(tx.commit()).unwrap_err();
    assert_eq!(aborted.kind(), ErrorKind::Aborted);
    assert!(all(&mut acme).is_empty());
}

#[test]
fn rows_are_locked_until_the_transaction_ends() {
    let world = World::new();
    let (mut acme, mut other) = (world.tenant("acme"), world.tenant("acme"));
    let pro = pro(&mut acme);
    let new = ["Ann", "Bob"].map(|name| new_customer(name, &pro));
    now(Customer::insert_many(new).execute(&mut acme)).unwrap();
    let lock = || {
        Customer::query()
            .order_by(Customer::NAME.asc())
            .for_update()
    };
    let outside = now(lock().all(&mut acme)).unwrap_err();
    assert_eq!(outside.kind(), ErrorKind::Configuration);
    let mut tx = now(acme.begin()).unwrap();
    let first = now(lock().first(&mut tx)).unwrap().unwrap();
    assert_eq!(first.name, "Ann");
    let mut theirs = now(other.begin()).unwrap();
    let free = now(lock().skip_locked().all(&mut theirs)).unwrap();
    assert_eq!(names(&free), ["Bob"]);
    let refused = now(lock().no_wait().all(&mut theirs)).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::LockTimeout);
    now(theirs.rollback()).unwrap();
    now(tx.commit()).unwrap();
    let mut theirs = now(other.begin()).unwrap();
    assert_eq!(now(lock().no_wait().all(&mut theirs)).unwrap().len(), 2);
    now(theirs.commit()).unwrap();
}
