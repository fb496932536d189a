//! Many rows that are changed at once while others change them, or after a commit of which nobody knows.

use std::thread;

use tenantry::prelude::*;
use tenantry::{Error, ErrorKind};
use tenantry_tests::Shop;
use tenantry_tests::hear::sent;
use tenantry_tests::shop::{Customer, Invoice, NewInvoice};
use tenantry_tests::wait::until_by;

use super::{customer, date};

fn invoices(scope: &mut TenantScope, count: i32) -> Vec<Stored<Invoice>> {
    let someone = customer(scope, "Ann");
    let new = (1..=count).map(|n| NewInvoice::new(&someone, n, Decimal::ONE, date("2026-03-01")));
    Invoice::insert_many(new).returning(scope).unwrap()
}

fn stored(scope: &mut TenantScope) -> Vec<Stored<Invoice>> {
    let all = Invoice::query().order_by(Invoice::ID.asc());
    all.all(scope).unwrap()
}

/// Saves rows in a transaction whose connection ends before it is known whether they were committed. They were not.
fn save_and_lose(shop: &Shop, rows: &mut [Stored<Invoice>]) {
    let mut acme = shop.tenant("acme");
    let outcome: Result<(), Error> = acme.transaction(|tx| {
        Invoice::save_all(&mut *rows, tx)?;
        let sql = "SELECT pg_catalog.pg_backend_pid()";
        let pid: i32 = tx.client().query_typed(sql, &[])?[0].get(0);
        let sql = "SELECT pg_catalog.pg_terminate_backend($1)";
        shop.database().connect().execute(sql, &[&pid]).unwrap();
        Ok(())
    });
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::CommitUnknown);
}

fn waits_for_a_lock(shop: &Shop) -> bool {
    let sql = "SELECT EXISTS (SELECT FROM pg_catalog.pg_stat_activity \
               WHERE datname = pg_catalog.current_database() AND wait_event_type = 'Lock')";
    let row = shop.database().connect().query_one(sql, &[]).unwrap();
    row.get(0)
}

/// The commit may still be on its way when the rows are saved again.
#[test]
fn rows_of_an_unknown_commit_are_saved_whichever_version_is_met() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let mut rows = invoices(&mut acme, 3);
    for row in &mut rows {
        row.paid = true;
    }
    save_and_lose(&shop, &mut rows);
    for row in &mut rows {
        row.cancelled = true;
    }
    let mut other = shop.tenant("acme");
    thread::scope(|threads| {
        let saves = other.transaction(|tx| {
            // As if the lost commit were this.
            let all = Invoice::update_where(Invoice::everything()).set(Invoice::PAID, true);
            assert_eq!(all.execute(tx)?, 3);
            let saves = threads.spawn(|| Invoice::save_all(&mut rows, &mut acme));
            until_by(&saves, "it waits for the rows", || waits_for_a_lock(&shop));
            Ok(saves)
        });
        assert_eq!(saves.unwrap().join().unwrap().unwrap(), 3);
    });
    let stored = stored(&mut other);
    let is_saved = |row: &Stored<Invoice>| row.paid && row.cancelled && row.version == 3;
    assert!(stored.iter().all(is_saved), "{stored:#?}");
    assert_eq!(stored, rows);
}

/// More of them than a statement takes, each with two versions that are one after the other.
#[test]
fn rows_of_an_unknown_commit_are_changed_once_each() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let mut rows = invoices(&mut acme, 16_385);
    for row in &mut rows {
        row.paid = true;
    }
    // One is saved by itself before, so that it has one version, and the others two.
    rows[0].save(&mut acme).unwrap();
    save_and_lose(&shop, &mut rows);
    for row in &mut rows {
        row.cancelled = true;
    }
    let (count, statements) = sent(|| Invoice::save_all(&mut rows, &mut acme).unwrap());
    assert_eq!(count, 16_385);
    let updates = statements.iter().filter(|sql| sql.starts_with("UPDATE"));
    assert_eq!(updates.count(), 2);
    let mut expected = vec![2; 16_385];
    expected[0] = 3;
    let stored = stored(&mut acme);
    let versions: Vec<i64> = stored.iter().map(|row| row.version).collect();
    assert!(versions == expected);
    assert!(stored == rows);
}

/// Two updates that are given the same rows from either end: one of them waits, and not both.
#[test]
fn updates_of_the_same_rows_in_other_orders_do_not_block_each_other() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let keys: Vec<i64> = invoices(&mut acme, 3).iter().map(|row| row.id).collect();
    let update = |keys: Vec<i64>| {
        let mut scope = shop.tenant("acme");
        let rows = keys.into_iter().map(|key| (key, true));
        Invoice::update_many(Invoice::PAID, rows).execute(&mut scope)
    };
    let waiting = |count: i64| {
        let sql = "SELECT count(*) FROM pg_catalog.pg_stat_activity \
                   WHERE datname = pg_catalog.current_database() AND wait_event_type = 'Lock'";
        let row = shop.database().connect().query_one(sql, &[]).unwrap();
        row.get::<_, i64>(0) == count
    };
    thread::scope(|threads| {
        let both = acme.transaction(|tx| {
            Invoice::update_where(Invoice::ID.eq(keys[1]))
                .set(Invoice::CANCELLED, true)
                .execute(tx)?;
            let (onwards, mut back) = (keys.clone(), keys.clone());
            back.reverse();
            let one = threads.spawn(move || update(onwards));
            until_by(&one, "one waits", || waiting(1));
            let other = threads.spawn(move || update(back));
            until_by(&other, "both wait", || waiting(2));
            Ok([one, other])
        });
        for updates in both.unwrap() {
            assert_eq!(updates.join().unwrap().unwrap(), 3);
        }
    });
}

#[test]
fn a_save_of_several_rows_that_fails_leaves_the_transaction_whole_however_many_have_changed() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let mut rows = invoices(&mut acme, 3);
    for changed in 1..=2 {
        for row in &mut rows[..changed] {
            row.number = 3;
        }
        acme.transaction(|tx| {
            let error = Invoice::save_all(&mut rows, tx).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Unique, "{error}");
            assert_eq!(Invoice::query().count(tx)?, 3);
            Ok(())
        })
        .unwrap();
    }
    // It counts among those that were given.
    let gone = Invoice::delete_where(Invoice::ID.eq(rows[1].id));
    gone.execute(&mut acme).unwrap();
    rows[0].number = 1;
    let error = Invoice::save_all(&mut rows, &mut acme).unwrap_err();
    assert!(
        error.to_string().contains("row 2 of the 3 given"),
        "{error}"
    );
}

#[test]
fn large_values_are_sent_in_several_statements() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let names = ["Ann", "Bob", "Cem", "Dee"];
    let keys = names.map(|name| customer(&mut acme, name).key());
    let large = |letter: &str| letter.repeat(3 * 1024 * 1024);
    let notes = keys.iter().zip(["a", "b", "c", "d"]);
    let notes = notes.map(|(key, letter)| (*key, Some(large(letter))));
    let update = Customer::update_many(Customer::NOTE, notes);
    let (rows, statements) = sent(|| update.returning(&mut acme).unwrap());
    let updates = statements.iter().filter(|sql| sql.starts_with("UPDATE"));
    assert_eq!(updates.count(), 2);
    for (row, letter) in rows.iter().zip(["a", "b", "c", "d"]) {
        assert!(row.note.as_ref() == Some(&large(letter)));
    }
}
