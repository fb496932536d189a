//! Expressions of other types than they have to be, and over other models.

use tenantry::prelude::*;
use tenantry::query::{case, now};

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
    pub points: i32,
    pub bonus: Option<i32>,
    pub spent: i64,
    pub active: bool,
}

mod another_type {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().filter(User::POINTS.lt(User::SPENT)).all(scope)?;
        Ok(())
    }
}

mod another_model {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().filter(User::NAME.eq(Plan::CODE)).all(scope)?;
        Ok(())
    }
}

mod number_of_another_type {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().filter((User::POINTS + User::SPENT).gt(5)).all(scope)?;
        Ok(())
    }
}

mod text_that_is_added_to {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().order_by((User::NAME + 1).asc()).all(scope)?;
        Ok(())
    }
}

mod function_of_a_number {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().order_by(User::POINTS.lower().asc()).all(scope)?;
        Ok(())
    }
}

mod stand_in_for_what_is_never_null {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().filter(User::POINTS.coalesce(0).gt(1)).all(scope)?;
        Ok(())
    }
}

mod cast_that_is_not {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().filter(User::ACTIVE.cast::<f64>().gt(1.0)).all(scope)?;
        Ok(())
    }
}

mod values_of_a_case {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().order_by(case(User::ACTIVE, User::POINTS).otherwise("none").asc()).all(scope)?;
        Ok(())
    }
}

mod moment_of_a_text {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().filter(User::NAME.lt(now())).all(scope)?;
        Ok(())
    }
}

fn main() {}
