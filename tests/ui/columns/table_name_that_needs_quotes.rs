use tenantry::prelude::*;

#[tenant_model(table = "People")]
pub struct Person {
    #[field(key)]
    pub id: i64,
}

fn main() {}
