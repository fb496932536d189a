use tenantry::prelude::*;

type String = Fk<User>;

#[tenant_model]
pub struct User {
    #[field(key)]
    pub id: i64,
}

#[shared_model]
pub struct Session {
    #[field(key)]
    pub id: i64,
    pub owner: String,
}

fn main() {}
