use tenantry::prelude::*;

#[tenant_model]
pub struct Person {
    #[field(key)]
    pub id: i64,
    pub age: i32,
}

fn main() {}
