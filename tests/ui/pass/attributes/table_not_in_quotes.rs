use tenantry::prelude::*;

#[tenant_model(table = "people")]
pub struct Person {
    #[field(key)]
    pub id: i64,
}

fn main() {}
