use tenantry::prelude::*;

type Version = Option<i64>;

#[tenant_model]
pub struct Thing {
    #[field(key)]
    pub id: i64,
    #[field(version)]
    pub value: Version,
}

fn main() {}
