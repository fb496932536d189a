//! The models of a small billing application.

#![allow(missing_docs, reason = "the names of the fields say it all")]

use tenantry::prelude::*;

/// A plan to subscribe to. All tenants see the same plans.
#[shared_model]
#[derive(Debug)]
pub struct Plan {
    #[field(key)]
    pub id: i64,
    #[field(unique, max_length = 40)]
    pub code: String,
    #[field(precision = 10, scale = 2, check = "monthly >= 0")]
    pub monthly: Decimal,
}

/// Somebody who pays. Each tenant has customers of its own.
#[tenant_model]
#[derive(Debug)]
pub struct Customer {
    #[field(key)]
    pub id: i64,
    pub name: String,
    #[field(unique)]
    pub email: String,
    pub plan: Fk<Plan>,
    #[field(auto_now_add)]
    pub created_at: Timestamp,
}

/// An invoice of a customer.
#[tenant_model(index(issued_on, customer))]
#[derive(Debug)]
pub struct Invoice {
    #[field(key)]
    pub id: i64,
    #[field(on_delete = "cascade", inverse = "invoices")]
    pub customer: Fk<Customer>,
    pub total: Decimal,
    pub issued_on: Date,
    #[field(default = false)]
    pub paid: bool,
    /// The column that the second migration adds.
    pub notes: Option<String>,
}

tenantry::schema! {
    /// Every model of this application.
    pub static SCHEMA = [crate::*];
}
