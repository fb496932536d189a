use tenantry::prelude::*;

type At = Timestamp;

#[tenant_model]
pub struct Thing {
    #[field(key)]
    pub id: i64,
    #[field(auto_now_add)]
    pub value: At,
}

fn main() {}
