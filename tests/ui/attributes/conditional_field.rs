use tenantry::prelude::*;

#[tenant_model]
pub struct Person {
    #[field(key)]
    pub id: i64,
    #[cfg(not(windows))]
    pub name: String,
}

fn main() {}
