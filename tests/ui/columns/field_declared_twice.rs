use tenantry::prelude::*;

#[tenant_model]
pub struct Person {
    #[field(key)]
    pub id: i64,
    #[field(unique)]
    pub email: String,
    pub email: String,
}

fn main() {}
