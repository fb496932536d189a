use tenantry::prelude::*;

#[tenant_model]
pub struct Thing {
    #[field(key)]
    pub id: i64,
    #[field(column = "kind")]
    pub value: String,
}

fn main() {}
