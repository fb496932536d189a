//! Relations that are loaded where there are none, or where their rows are not reached.

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
}

#[tenant_model]
pub struct Order {
    #[field(key)]
    pub id: i64,
    #[field(inverse = "orders")]
    pub user: Fk<User>,
    pub paid: bool,
}

mod rows_of_tenants_in_a_shared_scope {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        Plan::query().with(Plan::USERS).all(scope)?;
        Ok(())
    }
}

mod condition_on_tenants_rows_in_a_shared_scope {
    use super::*;

    pub fn run(plans: &[Stored<Plan>], scope: &mut TenantScope) -> tenantry::Result<()> {
        Plan::USERS.load(plans, scope)?;
        Ok(())
    }
}

mod relation_of_another_model {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().with(User::ORDERS).all(scope)?;
        Ok(())
    }
}

mod column_that_is_no_reference {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().with(User::PLAN).all(scope)?;
        Ok(())
    }
}

mod rows_with_what_is_no_row {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().with(User::ORDERS).all(scope)?;
        Ok(())
    }
}

mod condition_on_the_row_and_not_on_what_is_loaded {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query()
            .with(User::ORDERS.filter(Order::USER.on(User::NAME.eq("Ann"))))
            .all(scope)?;
        Ok(())
    }
}

fn main() {}
