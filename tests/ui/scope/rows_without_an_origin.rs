//! Rows that were not read from a scope, in place of those that were.

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
    pub name: String,
    #[field(inverse = "users")]
    pub plan: Fk<Plan>,
    pub r#type: Option<i32>,
}

mod saved {
    use super::*;

    pub fn run(scope: &mut TenantScope, mut user: User) -> tenantry::Result<()> {
        user.save(scope)?;
        Ok(())
    }
}

mod deleted {
    use super::*;

    pub fn run(scope: &mut TenantScope, user: User) -> tenantry::Result<()> {
        user.delete(scope)?;
        Ok(())
    }
}

mod reloaded {
    use super::*;

    pub fn run(scope: &mut TenantScope, mut user: User) -> tenantry::Result<()> {
        user.reload(scope)?;
        Ok(())
    }
}

mod followed {
    use super::*;

    pub fn run(scope: &mut TenantScope, user: &User) -> tenantry::Result<()> {
        user.follow(User::PLAN, scope)?;
        Ok(())
    }
}

mod related {
    use super::*;

    pub fn run(scope: &mut TenantScope, plan: &Plan) -> tenantry::Result<()> {
        plan.related(Plan::USERS).all(scope)?;
        Ok(())
    }
}

fn main() {}
