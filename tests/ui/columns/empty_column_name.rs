use tenantry::prelude::*;

#[tenant_model]
pub struct Person {
    #[field(key)]
    pub id: i64,
    #[field(column = "")]
    pub name: String,
}

fn main() {}
