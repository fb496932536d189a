use tenantry::prelude::*;

use tenantry::sql;

#[tenant_model]
pub struct User {
    #[field(key)]
    pub id: i64,
    pub email: String,
}

pub fn statement() {
    let _ = sql!("SELECT 1");
}

fn main() {}
