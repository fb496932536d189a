use tenantry::prelude::*;

#[tenant_model(table = "people", table = "persons")]
pub struct Person {
    #[field(key)]
    pub id: i64,
}

fn main() {}
