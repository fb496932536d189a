//! Aggregates, groups and windows where they have no value.

use tenantry::prelude::*;
use tenantry::query::count;
use tenantry::query::expr::{Over, row_number};

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

mod column_beside_an_aggregate {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().select((User::NAME, User::POINTS.sum())).all(scope)?;
        Ok(())
    }
}

mod column_that_is_not_grouped {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().group_by(User::PLAN).select((User::NAME, count())).all(scope)?;
        Ok(())
    }
}

mod key_that_is_selected_again {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().group_by(User::PLAN.to(Plan::CODE)).select((User::PLAN.to(Plan::CODE), count())).all(scope)?;
        Ok(())
    }
}

mod column_in_an_aggregates_expression {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().select(User::POINTS.sum() + User::SPENT.cast::<i64>()).all(scope)?;
        Ok(())
    }
}

mod aggregate_in_a_filter {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().filter(User::POINTS.sum().gt(5)).select(User::NAME).all(scope)?;
        Ok(())
    }
}

mod column_in_having {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().group_by(User::NAME).having(User::ACTIVE).select(count()).all(scope)?;
        Ok(())
    }
}

mod rows_ordered_by_an_aggregate {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().order_by(User::POINTS.max().asc()).all(scope)?;
        Ok(())
    }
}

mod groups_ordered_by_a_column {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().group_by(User::NAME).order_by(User::NAME.asc()).select(count()).all(scope)?;
        Ok(())
    }
}

mod sum_of_a_text {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().select(User::NAME.sum()).all(scope)?;
        Ok(())
    }
}

mod aggregate_of_an_aggregate {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().select(User::POINTS.sum().max()).all(scope)?;
        Ok(())
    }
}

mod window_in_a_filter {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().filter(row_number().over(Over::all()).eq(1)).all(scope)?;
        Ok(())
    }
}

mod function_without_its_window {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().select((User::NAME, row_number())).all(scope)?;
        Ok(())
    }
}

mod selection_of_another_model {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().select((User::NAME, Plan::CODE)).all(scope)?;
        Ok(())
    }
}

mod list_of_another_type {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().filter(User::NAME.in_query(Plan::query())).all(scope)?;
        Ok(())
    }
}

fn main() {}
