use tenantry::prelude::*;

#[tenant_model]
pub struct Person {
    #[field(key)]
    pub id: i64,
    #[field(version)]
    pub version: i64,
    pub revision: i64,
}

fn main() {}
