//! Queries and rows, over the tenants of the shop.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]
#![allow(
    clippy::redundant_closure_for_method_calls,
    clippy::type_complexity,
    reason = "queries are written as users write them, and the types of answers are what is tested"
)]

mod advisory;
mod advisory_waits;
mod aggregates;
mod conditions;
mod copies;
mod copies_of_models;
mod cursors;
mod documents;
mod each;
mod edges;
mod explain;
mod expressions;
mod forged;
mod get_or_insert;
mod gone_rows;
mod isolation;
mod locks;
mod many;
mod many_at_once;
mod many_changes;
mod met_twice;
mod named_inserts;
mod named_rows;
mod numbered;
mod pages;
mod projections;
mod raw;
mod relations;
mod rows;
mod serialised;
mod sets;
mod stock;
mod subqueries;
mod transactions;
mod trees;
mod tuples;
mod upserts;
mod windows;

use tenantry::prelude::*;
use tenantry_tests::shop::{Customer, Invoice, NewCustomer, NewInvoice, Plan};

pub(crate) fn date(text: &str) -> Date {
    text.parse().unwrap()
}

pub(crate) fn customer(scope: &mut TenantScope, name: &str) -> Stored<Customer> {
    let plan = Plan::query()
        .filter(Plan::CODE.eq("pro"))
        .one(scope)
        .unwrap();
    let email = format!("{}@x.example", name.to_lowercase());
    Customer::insert(NewCustomer::new(name, email, &plan))
        .returning(scope)
        .unwrap()
}

pub(crate) fn invoice(
    scope: &mut TenantScope,
    customer: &Stored<Customer>,
    number: i32,
    day: &str,
) -> Stored<Invoice> {
    let total = Decimal::new(i64::from(number) * 100, 2);
    Invoice::insert(NewInvoice::new(customer, number, total, date(day)))
        .returning(scope)
        .unwrap()
}

pub(crate) fn names(rows: Vec<Stored<Customer>>) -> Vec<String> {
    rows.into_iter().map(|row| row.into_inner().name).collect()
}
