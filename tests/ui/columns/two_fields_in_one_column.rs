use tenantry::prelude::*;

#[tenant_model]
pub struct Person {
    #[field(key)]
    pub id: i64,
    pub name: String,
    #[field(column = "name")]
    pub nickname: String,
}

fn main() {}
