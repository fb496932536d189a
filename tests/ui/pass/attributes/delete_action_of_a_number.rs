use tenantry::prelude::*;

#[tenant_model]
pub struct User {
    #[field(key)]
    pub id: i64,
}

#[tenant_model]
pub struct Thing {
    #[field(key)]
    pub id: i64,
    #[field(on_delete = "cascade")]
    pub value: Fk<User>,
}

fn main() {}
