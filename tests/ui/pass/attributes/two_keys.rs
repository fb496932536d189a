use tenantry::prelude::*;

#[tenant_model(unique(user, group))]
pub struct Membership {
    #[field(key)]
    pub id: i64,
    pub user: i64,
    pub group: i64,
}

fn main() {}
