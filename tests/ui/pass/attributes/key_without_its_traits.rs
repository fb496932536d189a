use tenantry::prelude::*;

#[derive(Column, Debug, Clone, PartialEq)]
pub struct Number(i64);

#[tenant_model]
pub struct Person {
    #[field(key)]
    pub number: Number,
}

fn main() {}
