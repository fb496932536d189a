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
    #[field(inverse = "users")]
    pub plan: Fk<Plan>,
}

pub fn run(scope: &mut SharedScope) -> tenantry::Result<()> {
    let any = Plan::query().gives_any();
    Plan::query().filter(Plan::USERS.any(any)).count(scope)?;
    Ok(())
}

fn main() {}
