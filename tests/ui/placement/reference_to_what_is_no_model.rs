use tenantry::prelude::*;

pub struct User;

#[tenant_model]
pub struct Session {
    #[field(key)]
    pub id: i64,
    pub user: Fk<User>,
}

fn main() {}
