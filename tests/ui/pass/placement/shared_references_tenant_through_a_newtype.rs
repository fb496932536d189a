use tenantry::prelude::*;

#[derive(Column)]
pub struct Owner(Fk<User>);

#[tenant_model]
pub struct User {
    #[field(key)]
    pub id: i64,
}

#[tenant_model]
pub struct Session {
    #[field(key)]
    pub id: i64,
    pub owner: Owner,
}

fn main() {}
