use tenantry::prelude::*;

#[tenant_model]
pub struct User {
    #[field(key)]
    pub id: i64,
}

#[tenant_model]
pub struct Invoice {
    #[field(key)]
    pub id: i64,
    pub user: Fk<User>,
}

pub mod models {
    use tenantry::prelude::*;

    #[shared_model]
    pub struct Plan {
        #[field(key)]
        pub id: i64,
    }
}

tenantry::schema! {
    pub static SCHEMA = [crate::models::*];
}

fn main() {}
