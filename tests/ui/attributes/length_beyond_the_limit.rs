use tenantry::prelude::*;

#[tenant_model]
pub struct Thing {
    #[field(key)]
    pub id: i64,
    #[field(max_length = 10485761)]
    pub value: String,
}

fn main() {}
