use tenantry::prelude::*;

#[tenant_model]
pub struct Thing {
    #[field(key)]
    pub id: i64,
    #[field(max_length = 10)]
    pub value: String,
}

fn main() {}
