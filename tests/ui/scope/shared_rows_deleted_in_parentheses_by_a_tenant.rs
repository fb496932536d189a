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
        .sql(tenantry::sql!("DELETE FROM ONLY ({Plan}) WHERE {Plan.code} = $1"))
        .bind("pro")
        .execute()?;
    Ok(())
}

fn main() {}
