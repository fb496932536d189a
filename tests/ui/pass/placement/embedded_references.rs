//! References of an embedded struct: each model that has it is asked.

use tenantry::prelude::*;

#[shared_model]
pub struct User {
    #[field(key)]
    pub id: i64,
}

#[derive(Embedded)]
pub struct Audit {
    pub changed_by: Fk<User>,
    #[field(not_a_reference)]
    pub request_id: i64,
}

#[tenant_model]
pub struct Customer {
    #[field(key)]
    pub id: i64,
    #[field(embed, prefix = "")]
    pub audit: Audit,
}

#[shared_model]
pub struct Country {
    #[field(key)]
    pub id: i64,
    #[field(embed, prefix = "")]
    pub audit: Audit,
}

fn main() {}
