use tenantry::prelude::*;

#[tenant_model]
pub struct User {
    #[field(key)]
    pub id: i64,
}

#[shared_model]
pub struct Session {
    #[field(key)]
    pub id: i64,
    pub user: Fk<User>,
}

fn main() {}
