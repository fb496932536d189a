use tenantry::prelude::*;

use tenantry::sql;

#[tenant_model]
pub struct User {
    #[field(key)]
    pub id: i64,
    pub email: String,
}

pub fn statement() {
    let _ = sql!("SELECT set_config('app.kind', 'off', true)");
}

fn main() {}
