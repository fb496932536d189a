//! Allocations of everyday work, beside the same by hand over the driver. They are the same on every machine, however busy.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::hint::black_box;

use allocation_counter::measure;
use postgres::types::{ToSql, Type};
use postgres::{Client, Row};
use tenantry::prelude::*;
use tenantry_tests::Shop;
use tenantry_tests::shop::{Customer, CustomerId, NewCustomer, Plan};

/// The columns of a customer, in the order of the fields.
const COLUMNS: &str = "id, name, email, plan, referred_by, payment, note, created_at, updated_at";

/// A tenant with so many customers, each with a note.
fn shop(customers: i64) -> (Shop, TenantScope, Client) {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let pro = Plan::query().filter(Plan::CODE.eq("pro")).one(&mut acme);
    let pro = pro.unwrap();
    let customers = (1..=customers).map(|n| {
        let name = format!("Customer number {n}");
        NewCustomer::new(name, format!("customer{n}@x.example"), &pro).note("A note.".to_owned())
    });
    Customer::insert_many(customers).execute(&mut acme).unwrap();
    let client = shop.database().connect();
    (shop, acme, client)
}

/// A customer as a program has it that knows no models.
fn plain(row: &Row) -> impl Sized {
    let texts: (String, String, Option<String>) = (row.get(1), row.get(2), row.get(6));
    let pays_by_card = row.get::<_, &str>(5) == "card";
    let keys: (i64, i64, Option<i64>) = (row.get(0), row.get(3), row.get(4));
    let times: (Timestamp, Timestamp) = (row.get(7), row.get(8));
    (texts, pays_by_card, keys, times)
}

/// Allocations of work that was done a few times before, so that all is there that is made once.
fn allocations(mut work: impl FnMut()) -> u64 {
    (0..3).for_each(|_| work());
    measure(work).count_total
}

fn by_hand(client: &mut Client, condition: &str, value: i64) -> u64 {
    allocations(|| {
        let sql = format!("SELECT {COLUMNS} FROM acme.customers WHERE {condition}");
        let params: [(&(dyn ToSql + Sync), Type); 1] = [(&value, Type::INT8)];
        let rows = client.query_typed(&sql, &params).unwrap();
        black_box(rows.iter().map(plain).collect::<Vec<_>>());
    })
}

fn list(scope: &mut TenantScope, most: i64) -> u64 {
    allocations(|| {
        let query = Customer::query().filter(Customer::ID.le(CustomerId(most)));
        black_box(query.all(scope).unwrap());
    })
}

#[test]
fn a_row_takes_no_more_allocations_than_by_hand() {
    let (_shop, mut acme, mut client) = shop(300);
    let hand = by_hand(&mut client, "id <= $1", 300) - by_hand(&mut client, "id <= $1", 100);
    let ours = list(&mut acme, 300) - list(&mut acme, 100);
    assert!(hand >= 200 * 3, "a customer has texts: {hand}");
    assert!(
        ours * 100 <= hand * 105,
        "{ours} allocations of 200 rows, by hand {hand}"
    );
}

#[test]
fn a_read_by_key_takes_few_allocations_besides() {
    let (shop, mut acme, mut client) = shop(1);
    let hand = by_hand(&mut client, "id = $1", 1);
    let ours = allocations(|| {
        black_box(Customer::find(CustomerId(1)).one(&mut acme).unwrap());
    });
    let key = TenantKey::new("acme").unwrap();
    drop(acme);
    let opened = allocations(|| {
        let mut scope = shop.db().tenant(&key).unwrap();
        black_box(Customer::find(CustomerId(1)).one(&mut scope).unwrap());
    });
    assert!(
        ours * 100 <= hand * 105,
        "{ours} allocations, by hand {hand}"
    );
    // The loan of a connection, and where the tenant is.
    assert!(
        opened <= ours + 8,
        "{opened} allocations, {ours} in an open scope"
    );
}
