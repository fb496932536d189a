//! The first release with roll-ups: the customers and the visits of each tenant.

use std::time::Duration;

use tenantry::across::Rollup;
use tenantry::prelude::*;
use tenantry::query::count;

pub use super::first::{Customer, Plan};

/// The number of the customers of a tenant.
#[shared_model]
#[derive(Debug)]
pub struct Headcount {
    #[field(key, given)]
    pub tenant: TenantKey,
    pub customers: i64,
}

/// A visit of a customer.
#[tenant_model]
#[derive(Debug)]
pub struct Visit {
    #[field(key)]
    pub id: i64,
    #[field(auto_now)]
    pub seen_at: Timestamp,
}

/// The number of the visits of a tenant.
#[shared_model]
#[derive(Debug)]
pub struct Traffic {
    #[field(key, given)]
    pub tenant: TenantKey,
    pub visits: i64,
    #[field(auto_now)]
    pub as_of: Timestamp,
}

tenantry::schema! {
    /// Every model of the release.
    pub static SCHEMA = [Plan, Customer, Headcount, Visit, Traffic];
}

/// The customers of all tenants.
pub fn headcount() -> Rollup<Headcount, Customer> {
    let customers = Customer::query().select(count());
    Rollup::new(Headcount::TENANT, customers, |tenant, customers| {
        NewHeadcount::new(tenant, customers)
    })
}

/// The visits of all tenants.
pub fn traffic() -> Rollup<Traffic, Visit> {
    let visits = Visit::query().select(count());
    Rollup::new(Traffic::TENANT, visits, |tenant, visits| {
        NewTraffic::new(tenant, visits)
    })
    .changed_by(Visit::SEEN_AT, Traffic::AS_OF)
    .overlap(Duration::ZERO)
}
