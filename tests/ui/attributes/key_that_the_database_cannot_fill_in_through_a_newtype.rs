use tenantry::prelude::*;

#[derive(Column, Debug, Clone, PartialEq)]
pub struct Code(String);

#[tenant_model]
pub struct Country {
    #[field(key)]
    pub code: Code,
}

fn main() {}
