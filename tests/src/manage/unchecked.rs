//! The first release, with a reference that no constraint checks.

use tenantry::{Fk, shared_model, tenant_model};

/// A plan that customers can subscribe to.
#[shared_model]
#[derive(Debug)]
pub struct Plan {
    #[field(key)]
    pub id: i64,
    #[field(unique, max_length = 40)]
    pub code: String,
    /// The number of the plan in another system.
    #[field(not_a_reference)]
    pub ledger_id: i64,
}

#[tenant_model]
#[derive(Debug)]
pub struct Customer {
    #[field(key)]
    pub id: i64,
    #[field(unique)]
    pub email: String,
    #[field(constraint = false)]
    pub plan: Fk<Plan>,
}

tenantry::schema! {
    /// Every model of the release.
    pub static SCHEMA = [Plan, Customer];
}
