use tenantry::prelude::*;

#[tenant_model]
pub struct User {
    #[field(key)]
    pub id: i64,
}

#[tenant_model(as_strict_as(User))]
pub struct Token {
    #[field(key, given)]
    pub token: Uuid,
}

fn main() {}
