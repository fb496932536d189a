use tenantry::prelude::*;

#[shared_model]
pub struct Settings {
    #[field(key)]
    pub id: i64,
}

fn main() {}
