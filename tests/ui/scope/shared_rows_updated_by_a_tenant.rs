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
    Plan::update_where(Plan::ID.eq(1))
        .set(Plan::CODE, "pro")
        .execute(scope)?;
    Ok(())
}

fn main() {}
