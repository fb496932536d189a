use tenantry::prelude::*;

#[tenant_model(as_strict_as)]
pub struct Token {
    #[field(key, given)]
    pub token: Uuid,
}

fn main() {}
