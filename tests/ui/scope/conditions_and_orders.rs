//! Values given for a condition or an order, and methods of columns that are of another type.

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
    #[field(default = true)]
    pub active: bool,
    pub note: Option<String>,
}

mod column {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().filter(User::NAME).all(scope)?;
        Ok(())
    }
}

mod boolean {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().filter(true).all(scope)?;
        Ok(())
    }
}

mod comparison_of_rust {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().filter(User::ID > 5).all(scope)?;
        Ok(())
    }
}

mod another_model {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().filter(Plan::CODE.eq("pro")).all(scope)?;
        Ok(())
    }
}

mod update {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::update_where(true).set(User::ACTIVE, false).execute(scope)?;
        Ok(())
    }
}

mod delete {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::delete_where(User::NAME).execute(scope)?;
        Ok(())
    }
}

mod order_of_a_column {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().order_by(User::NAME).all(scope)?;
        Ok(())
    }
}

mod order_of_another_model {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().order_by(Plan::CODE.asc()).all(scope)?;
        Ok(())
    }
}

mod pattern_of_a_number {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().filter(User::ID.like("1%")).all(scope)?;
        Ok(())
    }
}

mod part_of_a_boolean {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().filter(User::ACTIVE.contains("t")).all(scope)?;
        Ok(())
    }
}

mod null_that_cannot_be {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().filter(User::NAME.is_null()).all(scope)?;
        Ok(())
    }
}

mod reference_that_is_a_text {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query()
            .filter(User::NAME.on(Plan::CODE.eq("pro")))
            .all(scope)?;
        Ok(())
    }
}

mod row_without_its_place {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        scope.sql(tenantry::sql!("SELECT * FROM {User}")).rows::<User>()?;
        Ok(())
    }
}

fn main() {}
