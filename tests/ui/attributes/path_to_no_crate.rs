use tenantry::prelude::*;

#[tenant_model(crate = nope)]
pub struct User {
    #[field(key)]
    pub id: i64,
    pub name: String,
}

fn main() {}
