use tenantry::prelude::*;

#[derive(Column, Debug, Clone, PartialEq)]
pub struct North(i64);

#[tenant_model]
pub struct Place {
    #[field(key)]
    pub north: North,
    #[field(key)]
    pub number: i64,
}

fn main() {}
