use tenantry::prelude::*;

#[tenant_model]
pub struct User {
    #[field(key)]
    pub id: i64,
}

#[tenant_model]
pub struct Account {
    #[field(key)]
    pub id: i64,
}

tenantry::schema! {
    pub static SCHEMA = [Account, User];
}

fn main() {}
