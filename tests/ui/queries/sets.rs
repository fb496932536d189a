//! Queries that are put together of what is not alike.

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
    pub plan: Fk<Plan>,
}

mod rows_of_another_type {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        let users = User::query().select(User::NAME);
        users.union(Plan::query().select(Plan::ID)).all(scope)?;
        Ok(())
    }
}

mod rows_of_another_model {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().union_all(Plan::query()).all(scope)?;
        Ok(())
    }
}

mod no_query {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().except(User::NAME.eq("Ann")).all(scope)?;
        Ok(())
    }
}

mod ordered_by_another_model {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        let users = User::query().select(User::NAME);
        let both = users.union(Plan::query().select(Plan::CODE));
        both.order_by(Plan::CODE.asc()).all(scope)?;
        Ok(())
    }
}

mod rows_of_tenants_in_a_shared_scope {
    use super::*;

    pub fn run(scope: &mut SharedScope) -> tenantry::Result<()> {
        let plans = Plan::query().select(Plan::CODE);
        plans.intersect(User::query().select(User::NAME)).all(scope)?;
        Ok(())
    }
}

fn main() {}
