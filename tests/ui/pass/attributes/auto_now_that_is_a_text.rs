use tenantry::prelude::*;

#[tenant_model]
pub struct Thing {
    #[field(key)]
    pub id: i64,
    #[field(auto_now)]
    pub value: Timestamp,
}

fn main() {}
