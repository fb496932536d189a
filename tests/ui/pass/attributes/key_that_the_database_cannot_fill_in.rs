use tenantry::prelude::*;

#[tenant_model]
pub struct Country {
    #[field(key, given)]
    pub code: String,
}

fn main() {}
