use tenantry::prelude::*;

#[derive(serde::Serialize, serde::Deserialize)]
pub enum Contact {
    Email(String),
    Phone { number: String },
    None,
}

#[tenant_model]
pub struct Person {
    #[field(key)]
    pub id: i64,
    pub contact: Json<Contact>,
}

fn main() {}
