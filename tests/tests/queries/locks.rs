//! Queries that lock their rows.

use std::collections::BTreeSet;
use std::sync::Mutex;
use std::thread;

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry_tests::Shop;
use tenantry_tests::shop::{Customer, Invoice};

use super::{customer, invoice};

#[test]
fn two_workers_share_a_queue_and_do_everything_once() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let ann = customer(&mut acme, "Ann");
    for number in 0..40 {
        invoice(&mut acme, &ann, number, "2026-01-31");
    }
    let done = Mutex::new(Vec::new());
    let work = || {
        let mut scope = shop.tenant("acme");
        let next = |tx: &mut TenantScope| {
            let open = Invoice::query().filter(Invoice::PAID.eq(false));
            let next = open
                .order_by(Invoice::NUMBER.asc())
                .for_update()
                .skip_locked();
            let Some(mut job) = next.first(tx)? else {
                return Ok(false);
            };
            done.lock().unwrap().push(job.number);
            job.paid = true;
            job.save(tx)?;
            Ok(true)
        };
        while scope.transaction(next).unwrap() {}
    };
    thread::scope(|threads| {
        threads.spawn(work);
        threads.spawn(work);
    });
    let done = done.into_inner().unwrap();
    assert_eq!(done.len(), 40);
    assert_eq!(done.into_iter().collect::<BTreeSet<_>>(), (0..40).collect());
}

#[test]
fn a_locked_row_is_skipped_or_refused() {
    let shop = Shop::new();
    let (mut one, mut other) = (shop.tenant("acme"), shop.tenant("acme"));
    let ann = customer(&mut one, "Ann");
    for number in 1..=3 {
        invoice(&mut one, &ann, number, "2026-01-31");
    }
    let ordered = || Invoice::query().order_by(Invoice::NUMBER.asc());
    one.transaction(|one| {
        let first = ordered().for_update().first(one)?.unwrap();
        assert_eq!(first.number, 1);
        other.transaction(|other| {
            let next = ordered().for_no_key_update().skip_locked().first(other)?;
            assert_eq!(next.unwrap().number, 2);
            let rest = ordered().for_key_share().skip_locked().all(other)?;
            let rest: Vec<i32> = rest.iter().map(|row| row.number).collect();
            assert_eq!(rest, [2, 3]);
            let refused = other.transaction(|other| ordered().for_share().no_wait().all(other));
            assert_eq!(refused.unwrap_err().kind(), ErrorKind::LockTimeout);
            Ok(())
        })
    })
    .unwrap();
    // All of them are free now, and two can share.
    one.transaction(|one| {
        assert_eq!(ordered().for_share().all(one)?.len(), 3);
        other.transaction(|other| ordered().for_share().no_wait().all(other))
    })
    .unwrap();
}

#[test]
fn rows_that_are_joined_are_not_locked() {
    let shop = Shop::new();
    let (mut one, mut other) = (shop.tenant("acme"), shop.tenant("acme"));
    let ann = customer(&mut one, "Ann");
    invoice(&mut one, &ann, 1, "2026-01-31");
    one.transaction(|one| {
        let joined = Invoice::query()
            .filter(Invoice::CUSTOMER.on(Customer::NAME.eq("Ann")))
            .join(Invoice::CUSTOMER)
            .order_by(Invoice::NUMBER.asc());
        assert_eq!(joined.for_update().one(one)?.1.name, "Ann");
        other.transaction(|other| {
            assert_eq!(
                Customer::query().for_update().no_wait().all(other)?.len(),
                1
            );
            Ok(())
        })
    })
    .unwrap();
}

#[test]
fn a_lock_without_a_transaction_is_refused_before_it_is_sent() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let error = Customer::query().for_update().all(&mut acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!(
        error.to_string(),
        "a lock on rows ends with its transaction, and there is none (tenant `acme`, model `Customer`, operation `lock`)\n\
         help: run the query in `scope.transaction(|tx| ..)`, on `tx`"
    );
    let none = acme.transaction(|tx| Customer::query().for_update().one(tx));
    assert!(none.unwrap_err().is_not_found());
    for name in ["Ann", "Bob", "Cem"] {
        customer(&mut acme, name);
    }
    let several = acme.transaction(|tx| Customer::query().for_update().one(tx));
    assert_eq!(several.unwrap_err().kind(), ErrorKind::SeveralRows);
}

#[test]
fn locked_rows_come_one_by_one_or_are_only_asked_for() {
    let shop = Shop::new();
    let (mut one, mut other) = (shop.tenant("acme"), shop.tenant("acme"));
    for name in ["Ann", "Bob", "Cem"] {
        customer(&mut one, name);
    }
    let ordered = || Customer::query().order_by(Customer::NAME.asc());
    one.transaction(|one| {
        assert!(ordered().limit(1).for_update().exists(one)?);
        let mut names = Vec::new();
        let told = other.transaction(|other| {
            let free = ordered().for_update().skip_locked();
            free.for_each(other, |row| {
                names.push(row.name.clone());
                Ok(())
            })
        });
        assert_eq!(
            (told?, names),
            (2, vec!["Bob".to_owned(), "Cem".to_owned()])
        );
        let first = || ordered().filter(Customer::NAME.eq("Ann")).for_update();
        let free = other.transaction(|other| first().skip_locked().exists(other));
        assert!(!free?);
        let refused = other.transaction(|other| first().no_wait().exists(other));
        assert_eq!(refused.unwrap_err().kind(), ErrorKind::LockTimeout);
        // An error of the closure leaves the connection usable.
        let failed = other.transaction(|other| {
            let free = ordered().for_share().skip_locked();
            free.for_each(other, |_| Err(TenantKey::new("").unwrap_err().into()))
        });
        assert!(failed.is_err());
        assert_eq!(ordered().count(&mut other)?, 3);
        Ok(())
    })
    .unwrap();
    let refused = ordered().for_update().exists(&mut one).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Configuration);
    let refused = ordered().for_update().for_each(&mut one, |_| Ok(()));
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Configuration);
}
