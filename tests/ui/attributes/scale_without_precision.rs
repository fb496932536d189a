use tenantry::prelude::*;

#[tenant_model]
pub struct Thing {
    #[field(key)]
    pub id: i64,
    #[field(scale = 2)]
    pub value: Decimal,
}

fn main() {}
