use tenantry::prelude::*;

pub struct User;

#[tenant_model(as_strict_as(User))]
pub struct Token {
    #[field(key, given)]
    pub token: Uuid,
}

fn main() {}
