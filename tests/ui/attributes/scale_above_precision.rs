use tenantry::prelude::*;

#[tenant_model]
pub struct Thing {
    #[field(key)]
    pub id: i64,
    #[field(precision = 2, scale = 12)]
    pub value: Decimal,
}

fn main() {}
