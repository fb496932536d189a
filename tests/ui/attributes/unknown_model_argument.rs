use tenantry::prelude::*;

#[tenant_model(tabel = "people")]
pub struct Person {
    #[field(key)]
    pub id: i64,
}

fn main() {}
