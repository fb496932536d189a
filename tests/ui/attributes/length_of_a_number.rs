use tenantry::prelude::*;

#[tenant_model]
pub struct Thing {
    #[field(key)]
    pub id: i64,
    #[field(max_length = 40)]
    pub value: i32,
}

fn main() {}
