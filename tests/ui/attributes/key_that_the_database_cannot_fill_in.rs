use tenantry::prelude::*;

#[tenant_model]
pub struct Country {
    #[field(key)]
    pub code: String,
}

fn main() {}
