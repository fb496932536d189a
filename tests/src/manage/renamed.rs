//! The first release with other names: customers are members, and their e-mail addresses logins.

use tenantry::{Fk, tenant_model};

pub use super::first::Plan;

#[tenant_model]
#[derive(Debug)]
pub struct Member {
    #[field(key)]
    pub id: i64,
    #[field(unique)]
    pub login: String,
    pub plan: Fk<Plan>,
}

tenantry::schema! {
    /// Every model of the release with other names.
    pub static SCHEMA = [Plan, Member];
}
