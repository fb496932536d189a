use tenantry::prelude::*;

#[tenant_model]
pub struct Person {
    pub id: i64,
}

fn main() {}
