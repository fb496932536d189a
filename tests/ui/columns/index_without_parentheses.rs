use tenantry::prelude::*;

#[tenant_model(unique)]
pub struct Person {
    #[field(key)]
    pub id: i64,
    pub name: String,
    pub email: String,
}

fn main() {}
