//! Every kind of query over both drivers, with the same expectations: the file of a kind is compiled once for each.
//!
//! It asks for an outcome by `now`: what blocks has it, and what is awaited is waited for.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]
#![allow(
    clippy::duplicate_mod,
    reason = "the same tests over another driver are the point"
)]

mod blocking;
mod tasks;

use tenantry::prelude::*;
use tenantry_tests::shop::{Customer, NewCustomer, NewInvoice, Plan};

pub(crate) fn date(text: &str) -> Date {
    text.parse().unwrap()
}

/// A customer with an address of its own.
pub(crate) fn new_customer(name: &str, plan: &Stored<Plan>) -> NewCustomer {
    NewCustomer::new(name, format!("{}@x.example", name.to_lowercase()), plan)
}

/// An invoice over as many cents as a hundred times its number.
pub(crate) fn new_invoice(customer: &Stored<Customer>, number: i32, day: &str) -> NewInvoice {
    let total = Decimal::new(i64::from(number) * 100, 2);
    NewInvoice::new(customer, number, total, date(day))
}

pub(crate) fn names(rows: &[Stored<Customer>]) -> Vec<&str> {
    rows.iter().map(|row| row.name.as_str()).collect()
}
