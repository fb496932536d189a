use tenantry::prelude::*;

#[tenant_model]
pub struct Person<'a> {
    #[field(key)]
    pub id: i64,
    pub name: &'a str,
}

fn main() {}
