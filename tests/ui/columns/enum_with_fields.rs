use tenantry::prelude::*;

#[derive(Column)]
pub enum Contact {
    Email(String),
    Phone { number: String },
    None,
}

#[tenant_model]
pub struct Person {
    #[field(key)]
    pub id: i64,
    pub contact: Contact,
}

fn main() {}
