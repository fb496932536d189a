use tenantry::prelude::*;

#[tenant_model]
pub struct Thing {
    #[field(key)]
    pub id: i64,
    #[field(precision = 0)]
    pub value: Decimal,
}

fn main() {}
