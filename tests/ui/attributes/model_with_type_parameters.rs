use tenantry::prelude::*;

#[tenant_model]
pub struct Person<T> {
    #[field(key)]
    pub id: i64,
    pub extra: T,
}

fn main() {}
