use tenantry::prelude::*;

pub struct User;

#[tenant_model]
pub struct Account {
    #[field(key)]
    pub id: i64,
}

tenantry::schema! {
    pub static SCHEMA = [Account, User];
}

fn main() {}
