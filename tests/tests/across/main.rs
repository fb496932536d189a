//! Rows of many tenants at once.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]
#![allow(
    clippy::redundant_closure_for_method_calls,
    reason = "queries are written as users write them"
)]

mod aggregates;
mod asynchronous;
mod left_out;
mod rows;

use tenantry::across::{Fleet, SeesAllTenants};
use tenantry::prelude::*;
use tenantry_tests::Shop;
use tenantry_tests::shop::{Customer, Invoice, NewCustomer, NewInvoice, Plan};

/// Somebody of the provider's.
pub(crate) struct Staff;

impl SeesAllTenants for Staff {}

/// How many tenants a statement asks: all in one, one each, some.
pub(crate) const STATEMENTS: [usize; 4] = [100, 1, 2, 3];

/// Tenants and the amounts of their invoices. Two have the same, one has none.
pub(crate) const AMOUNTS: [(&str, &[i64]); 5] = [
    ("acme", &[5, 20, 7]),
    ("globex", &[20, 1]),
    ("initech", &[]),
    ("o.brien-sons", &[3, 3, 9, 12]),
    ("umbrella", &[40]),
];

/// A shop of these tenants.
pub(crate) fn shop() -> Shop {
    let shop = Shop::new();
    for (key, amounts) in AMOUNTS {
        let mut tenant = shop.tenant(key);
        if !amounts.is_empty() {
            fill(&mut tenant, amounts);
        }
    }
    shop
}

/// Gives a tenant two customers, and the first of them invoices.
pub(crate) fn fill(tenant: &mut TenantScope, amounts: &[i64]) {
    let plan = Plan::query()
        .filter(Plan::CODE.eq("pro"))
        .one(tenant)
        .unwrap();
    let new = ["Ann", "Bob"].map(|name| NewCustomer::new(name, format!("{name}@x.example"), &plan));
    let customers = Customer::insert_many(new).returning(tenant).unwrap();
    let day: Date = "2026-03-01".parse().unwrap();
    let invoices = amounts.iter().zip(1..).map(|(amount, number)| {
        NewInvoice::new(&customers[0], number, Decimal::from(*amount), day).paid(amount % 2 == 0)
    });
    Invoice::insert_many(invoices).execute(tenant).unwrap();
}

pub(crate) fn fleet(shop: &Shop, tenants: usize) -> Fleet {
    let fleet = shop.db().across(&Staff).unwrap();
    fleet.tenants_per_statement(tenants)
}

pub(crate) fn key(key: &str) -> TenantKey {
    TenantKey::new(key).unwrap()
}

pub(crate) fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}
