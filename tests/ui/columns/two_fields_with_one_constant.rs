use tenantry::prelude::*;

#[tenant_model]
#[expect(non_snake_case)]
pub struct Person {
    #[field(key)]
    pub id: i64,
    pub name: String,
    #[field(column = "other")]
    pub Name: String,
}

fn main() {}
