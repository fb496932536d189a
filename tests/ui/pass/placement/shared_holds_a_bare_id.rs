use tenantry::prelude::*;

#[shared_model]
pub struct Session {
    #[field(key)]
    pub id: i64,
    #[field(not_a_reference)]
    pub user_id: i64,
}

fn main() {}
