use tenantry::prelude::*;

#[tenant_model]
pub struct User {
    #[field(key)]
    pub id: i64,
}

#[tenant_model]
pub struct Invoice {
    #[field(key)]
    pub id: i64,
    pub user: Fk<User>,
}

tenantry::schema! {
    pub static SCHEMA: Schema = [User, Invoice];
}

fn main() {}
