use tenantry::prelude::*;

use tenantry::sql;

#[tenant_model]
pub struct User {
    #[field(key)]
    pub id: i64,
    pub email: String,
}

pub fn statement() {
    let _ = sql!("SELECT set_config('standard_conforming_strings', 'off', true)");
}

fn main() {}
