use tenantry::prelude::*;

pub struct Address;

#[tenant_model]
pub struct Person {
    #[field(key)]
    pub id: i64,
    pub address: Address,
}

fn main() {}
