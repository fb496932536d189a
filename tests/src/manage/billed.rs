//! The release of another branch than the second: customers have bills, and plans a price.

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
    pub price: Option<i64>,
}

#[tenant_model]
#[derive(Debug)]
pub struct Customer {
    #[field(key)]
    pub id: i64,
    #[field(unique)]
    pub email: String,
    pub plan: Fk<Plan>,
}

#[tenant_model]
#[derive(Debug)]
pub struct Bill {
    #[field(key)]
    pub id: i64,
    pub customer: Fk<Customer>,
}

tenantry::schema! {
    /// Every model of the branch.
    pub static SCHEMA = [Plan, Customer, Bill];
}
