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
    User::insert(NewUser::new("a", 1)).execute(scope)?;
    Ok(())
}

fn main() {}
