use tenantry::prelude::*;

#[shared_model]
pub struct Plan {
    #[field(key)]
    pub id: i64,
    pub code: String,
}

#[tenant_model]
pub struct User {
    #[field(key)]
    pub id: i64,
    pub email: String,
    pub plan: Fk<Plan>,
}

pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
    scope
        .sql(tenantry::sql!("SELECT count(*) FROM {User}"))
        .row::<i64>()?;
    Ok(())
}

fn main() {}
