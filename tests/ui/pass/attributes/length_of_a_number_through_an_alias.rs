use tenantry::prelude::*;

type Code = String;

#[tenant_model]
pub struct Thing {
    #[field(key)]
    pub id: i64,
    #[field(max_length = 40)]
    pub value: Code,
}

fn main() {}
