use tenantry::prelude::*;

#[tenant_model(index(email, name, email))]
pub struct Person {
    #[field(key)]
    pub id: i64,
    pub name: String,
    pub email: String,
}

fn main() {}
