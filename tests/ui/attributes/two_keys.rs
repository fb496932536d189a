use tenantry::prelude::*;

#[tenant_model]
pub struct Membership {
    #[field(key, given)]
    pub user: i64,
    #[field(key, given)]
    pub group: i64,
}

fn main() {}
