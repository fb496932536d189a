//! A later release: each tenant is a row of a shared model.

use tenantry::{TenantKey, shared_model};

pub use super::first::{Customer, Plan};

/// A customer of ours.
#[shared_model(tenant)]
#[derive(Debug)]
pub struct Account {
    #[field(key, given)]
    pub key: TenantKey,
    #[field(check = "seats > 0")]
    pub seats: i32,
    #[field(default = "free")]
    pub tier: String,
    pub note: Option<String>,
}

tenantry::schema! {
    /// Every model of the release.
    pub static SCHEMA = [Plan, Customer, Account];
}
