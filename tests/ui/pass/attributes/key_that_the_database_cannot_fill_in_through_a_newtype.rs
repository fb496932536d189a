use tenantry::prelude::*;

#[derive(Column, Debug, Clone, PartialEq)]
pub struct Code(String);

#[tenant_model]
pub struct Country {
    #[field(key, given)]
    pub code: Code,
}

fn main() {}
