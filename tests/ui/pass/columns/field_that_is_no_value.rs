use tenantry::prelude::*;

#[derive(Column)]
pub struct Address(String);

#[tenant_model]
pub struct Person {
    #[field(key)]
    pub id: i64,
    pub address: Address,
}

fn main() {}
