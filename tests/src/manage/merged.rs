//! The second release and that with bills, merged.

use tenantry::{Fk, shared_model, tenant_model};

pub use super::second::Region;

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
    pub region: Option<Fk<Region>>,
    pub notes: Option<String>,
}

#[tenant_model]
#[derive(Debug)]
pub struct Bill {
    #[field(key)]
    pub id: i64,
    pub customer: Fk<Customer>,
}

tenantry::schema! {
    /// Every model of both.
    pub static SCHEMA = [Plan, Region, Customer, Bill];
}
