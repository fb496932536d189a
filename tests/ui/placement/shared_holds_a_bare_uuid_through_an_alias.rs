use tenantry::prelude::*;

type Id = Option<Uuid>;

#[shared_model]
pub struct User {
    #[field(key)]
    pub id: i64,
}

#[shared_model]
pub struct Session {
    #[field(key)]
    pub id: i64,
    pub user_id: Id,
}

fn main() {}
