//! Rows that are told one by one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;

use tenantry::prelude::*;
use tenantry::{Error, ErrorKind};
use tenantry_tests::Shop;
use tenantry_tests::shop::{Customer, Invoice};

use super::{customer, invoice};

/// Eleven customers, each with an invoice.
fn filled(scope: &mut TenantScope) {
    for number in 0..11 {
        let someone = customer(scope, &format!("C{number:02}"));
        invoice(scope, &someone, number, "2026-03-01");
    }
}

fn ends() -> Error {
    Error::from(TenantKey::new("").unwrap_err())
}

#[test]
fn rows_come_in_order_with_what_is_joined_and_are_counted() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    filled(&mut acme);
    let mut told = Vec::new();
    let count = Invoice::query()
        .filter(Invoice::NUMBER.gt(3))
        .join(Invoice::CUSTOMER)
        .order_by(Invoice::NUMBER.desc())
        .limit(5)
        .for_each(&mut acme, |(invoice, customer)| {
            told.push((invoice.number, customer.into_inner().name));
            Ok(())
        })
        .unwrap();
    assert_eq!(count, 5);
    let expected: Vec<_> = (6..11).rev().map(|n| (n, format!("C{n:02}"))).collect();
    assert_eq!(told, expected);
    // A row knows where it came from, as any other.
    let mut rows = Vec::new();
    let keep = |row| {
        rows.push(row);
        Ok(())
    };
    Customer::query().for_each(&mut acme, keep).unwrap();
    rows[0].note = Some("seen".to_owned());
    rows[0].save(&mut acme).unwrap();
    let mut globex = shop.tenant("globex");
    let error = rows[1].reload(&mut globex).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignRow);
    assert_eq!(
        Customer::query().for_each(&mut globex, |_| Ok(())).unwrap(),
        0
    );
}

#[test]
fn an_error_of_the_closure_ends_it_and_the_scope_goes_on() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    filled(&mut acme);
    acme.transaction(|tx| {
        let mut told = 0;
        let outcome = Customer::query().for_each(tx, |_| {
            told += 1;
            if told == 2 { Err(ends()) } else { Ok(()) }
        });
        assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Name);
        assert_eq!(told, 2);
        // The server has refused nothing, so the transaction stands.
        assert_eq!(Customer::query().count(tx)?, 11);
        Ok(())
    })
    .unwrap();
    let error = Customer::query()
        .for_each(&mut acme, |_| Err(ends()))
        .unwrap_err();
    assert!(error.to_string().contains("acme"), "{error}");
}

#[test]
fn a_statement_that_writes_has_written_all_although_the_rows_are_passed_over() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    filled(&mut acme);
    let mut told = 0;
    let outcome = acme
        .sql(sql!("UPDATE {Invoice} SET {Invoice.number} = {Invoice.number} + $1 RETURNING {Invoice.number}"))
        .bind(100)
        .for_each::<i32>(|number| {
            assert!(number >= 100);
            told += 1;
            Err(ends())
        });
    assert_eq!((outcome.unwrap_err().kind(), told), (ErrorKind::Name, 1));
    let moved = Invoice::query().filter(Invoice::NUMBER.ge(100));
    assert_eq!(moved.count(&mut acme).unwrap(), 11);
}

#[test]
fn what_the_server_refuses_midway_comes_after_the_rows_before() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let mut told = 0;
    let error = acme
        .sql(sql!(
            "SELECT 10 / (4000 - n) FROM generate_series(1, 5000) AS n"
        ))
        .for_each::<i32>(|_| {
            told += 1;
            Ok(())
        })
        .unwrap_err();
    assert_eq!(error.sqlstate(), Some("22012"));
    assert_eq!(told, 3999);
    let error = acme
        .sql(sql!("SELECT n::text FROM generate_series(1, 5) AS n"))
        .for_each::<i32>(|_| Ok(()))
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode);
    assert_eq!(Customer::query().count(&mut acme).unwrap(), 0);
}

#[test]
fn a_connection_that_is_lost_midway_is_told_and_no_row_comes_twice() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let pid = acme
        .sql(sql!("SELECT pg_backend_pid()"))
        .row::<i32>()
        .unwrap();
    let mut other = shop.db().shared().unwrap();
    let mut last = 0;
    let error = acme
        .sql(sql!("SELECT n FROM generate_series(1, 3000000) AS n"))
        .for_each::<i32>(|n| {
            assert_eq!(n, last + 1);
            if n == 10 {
                let end = other.sql(sql!("SELECT pg_terminate_backend($1)")).bind(pid);
                assert!(end.row::<bool>()?);
            }
            last = n;
            Ok(())
        })
        .unwrap_err();
    assert!((10..3_000_000).contains(&last));
    assert_eq!(error.kind(), ErrorKind::Connection);
}

#[tokio::test]
async fn it_runs_on_a_thread_of_an_asynchronous_program() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    filled(&mut acme);
    let mut beside = shop.tenant("acme");
    let here = thread::current().id();
    let count = Customer::query().for_each(&mut acme, |customer| {
        // What the thread knows, as of its runtime and of a creation under way, is there.
        assert_eq!(thread::current().id(), here);
        // Another scope can be used meanwhile; this one is in use.
        customer
            .related(Customer::INVOICES)
            .one(&mut beside)
            .map(drop)
    });
    assert_eq!(count.unwrap(), 11);
}

#[test]
fn what_the_server_refuses_after_an_error_that_is_ignored_keeps_the_transaction_from_being_committed()
 {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let outcome = acme.transaction(|tx| {
        customer(tx, "Ann");
        let ended = tx
            .sql(sql!(
                "SELECT 10 / (100000 - n) FROM generate_series(1, 200000) AS n"
            ))
            .for_each::<i32>(|_| Err(ends()));
        assert_eq!(ended.unwrap_err().kind(), ErrorKind::Name);
        Ok(())
    });
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Aborted);
    assert_eq!(Customer::query().count(&mut acme).unwrap(), 0);
}

#[test]
fn a_panic_of_the_closure_comes_after_the_rows_and_harms_no_later_scope() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let pid = acme
        .sql(sql!("SELECT pg_backend_pid()"))
        .row::<i32>()
        .unwrap();
    let panic = catch_unwind(AssertUnwindSafe(|| {
        acme.sql(sql!("SELECT n FROM generate_series(1, 300000) AS n"))
            .for_each::<i32>(|_| panic!("of the application"))
    }));
    assert_eq!(
        panic.unwrap_err().downcast_ref(),
        Some(&"of the application")
    );
    drop(acme);
    let mut other = shop.db().shared().unwrap();
    let states = other
        .sql(sql!(unchecked "SELECT state FROM pg_stat_activity WHERE pid = $1 AND pid <> pg_backend_pid()"))
        .bind(pid);
    // The connection may be the one that is in use again.
    assert!(
        states
            .rows::<String>()
            .unwrap()
            .iter()
            .all(|state| state == "idle")
    );
    assert_eq!(other.sql(sql!("SELECT 1")).row::<i32>().unwrap(), 1);
}

#[test]
fn a_connection_that_was_closed_while_it_lay_idle_is_replaced_before_the_first_row() {
    let shop = Shop::new();
    let mut one = shop.db().shared().unwrap();
    let mut other = shop.db().shared().unwrap();
    let pid = one
        .sql(sql!("SELECT pg_backend_pid()"))
        .row::<i32>()
        .unwrap();
    drop(one);
    let end = other.sql(sql!("SELECT pg_terminate_backend($1)")).bind(pid);
    assert!(end.row::<bool>().unwrap());
    let mut next = shop.db().shared().unwrap();
    let mut told = Vec::new();
    next.sql(sql!("SELECT n FROM generate_series(1, 3) AS n"))
        .for_each::<i32>(|n| {
            told.push(n);
            Ok(())
        })
        .unwrap();
    assert_eq!(told, [1, 2, 3]);
}
