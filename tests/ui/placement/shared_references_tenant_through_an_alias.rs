use tenantry::prelude::*;

type Owner = Option<Fk<User>>;

#[tenant_model]
pub struct User {
    #[field(key)]
    pub id: i64,
}

#[shared_model]
pub struct Session {
    #[field(key)]
    pub id: i64,
    pub owner: Owner,
}

fn main() {}
