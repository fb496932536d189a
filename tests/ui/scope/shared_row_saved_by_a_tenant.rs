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
    let mut plan = Plan::find(1).one(scope)?;
    plan.code = "pro".to_owned();
    plan.save(scope)?;
    Ok(())
}

fn main() {}
