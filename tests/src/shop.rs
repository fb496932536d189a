//! A small application: a shared catalogue of plans, and tenants with customers and invoices.

#![allow(missing_docs, reason = "the names of the fields say it all")]

use tenantry::prelude::*;

/// A plan that customers can subscribe to.
#[shared_model]
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    #[field(key)]
    pub id: i64,
    /// The short name in addresses.
    #[field(unique, max_length = 40)]
    pub code: String,
    #[field(check = "monthly >= 0", precision = 12, scale = 2)]
    pub monthly: Decimal,
}

/// The way in which a customer pays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Column)]
pub enum Payment {
    Card,
    BankTransfer,
}

/// A customer's number, which is not an invoice's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Column)]
pub struct CustomerId(pub i64);

/// Somebody who pays.
#[tenant_model(
    index("lower(name)"),
    check(name = "customers_name_not_blank", "btrim(name) <> ''")
)]
#[derive(Debug, Clone, PartialEq)]
pub struct Customer {
    #[field(key)]
    pub id: CustomerId,
    pub name: String,
    #[field(unique)]
    pub email: String,
    #[field(inverse = "customers")]
    pub plan: Fk<Plan>,
    #[field(inverse = "referrals", on_delete = "set_null")]
    pub referred_by: Option<Fk<Customer>>,
    #[field(default = "card")]
    pub payment: Payment,
    pub note: Option<String>,
    #[field(auto_now_add)]
    pub created_at: Timestamp,
    #[field(auto_now)]
    pub updated_at: Timestamp,
}

/// An amount that a customer owes.
#[tenant_model(
    index(issued_on, customer),
    unique(customer, number, filter = "NOT cancelled")
)]
#[derive(Debug, Clone, PartialEq)]
pub struct Invoice {
    #[field(key)]
    pub id: i64,
    #[field(on_delete = "cascade", inverse = "invoices")]
    pub customer: Fk<Customer>,
    pub number: i32,
    pub total: Decimal,
    pub issued_on: Date,
    #[field(default = false)]
    pub paid: bool,
    #[field(default = false)]
    pub cancelled: bool,
    #[field(version)]
    pub version: i64,
}

tenantry::schema! {
    /// All models of the shop.
    pub static SHOP = [Plan, Customer, Invoice];
}
