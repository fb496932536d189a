//! Transactions, savepoints, and what is written through which scope.

use tenantry::prelude::*;
use tenantry::{Error, ErrorKind};
use tenantry_tests::Shop;
use tenantry_tests::shop::{Customer, NewCustomer, NewPlan, Plan};

use super::{customer, names};

#[test]
fn transactions_nest_as_savepoints() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    acme.transaction(|tx| {
        customer(tx, "Ann");
        let inner: Result<(), Error> = tx.transaction(|tx| {
            customer(tx, "Bob");
            Customer::insert(NewCustomer::new("Ann", "ann@x.example", 1)).execute(tx)
        });
        assert!(inner.unwrap_err().is_unique());
        customer(tx, "Cid");
        tx.transaction(|tx| {
            customer(tx, "Dan");
            Ok::<_, Error>(())
        })
    })
    .unwrap();
    let left = Customer::query()
        .order_by(Customer::NAME.asc())
        .all(&mut acme)
        .unwrap();
    assert_eq!(names(left), ["Ann", "Cid", "Dan"]);
}

#[test]
fn a_panic_rolls_back_and_the_scope_goes_on() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        acme.transaction(|tx| -> Result<(), Error> {
            customer(tx, "Ann");
            panic!("in the middle");
        })
    }));
    assert!(panic.is_err());
    assert_eq!(Customer::query().count(&mut acme).unwrap(), 0);
    acme.transaction(|tx| Ok::<_, Error>(customer(tx, "Bob")))
        .unwrap();
    assert_eq!(Customer::query().count(&mut acme).unwrap(), 1);
}

#[test]
fn a_swallowed_failure_can_not_commit() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let outcome = acme.transaction(|tx| {
        customer(tx, "Ann");
        let _ = Customer::insert(NewCustomer::new("Ann", "ann@x.example", 1)).execute(tx);
        Ok::<_, Error>(())
    });
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Aborted);
    assert_eq!(Customer::query().count(&mut acme).unwrap(), 0);
}

#[test]
fn shared_rows_are_written_only_on_purpose() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let outcome: Result<(), Error> = acme.transaction(|tx| {
        Plan::insert(NewPlan::new("team", Decimal::from(90))).execute(&mut tx.shared_mut())?;
        assert_eq!(Plan::query().filter(Plan::CODE.eq("team")).count(tx)?, 1);
        Plan::insert(NewPlan::new("team", Decimal::from(90))).execute(&mut tx.shared_mut())
    });
    assert!(outcome.unwrap_err().is_unique());
    assert_eq!(
        Plan::query().count(&mut acme).unwrap(),
        2,
        "it is the same transaction"
    );
}
