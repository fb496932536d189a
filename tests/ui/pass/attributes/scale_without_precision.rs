use tenantry::prelude::*;

#[tenant_model]
pub struct Thing {
    #[field(key)]
    pub id: i64,
    #[field(precision = 12, scale = 2)]
    pub value: Decimal,
}

fn main() {}
