use tenantry::prelude::*;

#[tenant_model]
pub struct Token {
    #[field(key, given)]
    pub token: Uuid,
}

fn main() {}
