//! Statements that are given too few values, or too many.

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

mod none {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        scope
            .sql(tenantry::sql!("SELECT $1 + $2"))
            .bind(1_i64)
            .bind(2_i64)
            .row::<i64>()?;
        Ok(())
    }
}

mod one_too_few {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        scope
            .sql(tenantry::sql!(
                "DELETE FROM {User} WHERE {User.id} BETWEEN $1 AND $2"
            ))
            .bind(1_i64)
            .bind(9_i64)
            .execute()?;
        Ok(())
    }
}

mod one_too_few_for_rows {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        scope
            .sql(tenantry::sql!("SELECT $1"))
            .bind(1_i64)
            .rows::<i64>()?;
        Ok(())
    }
}

mod one_too_few_for_each_row {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        scope
            .sql(tenantry::sql!("SELECT $1"))
            .bind(1_i64)
            .try_rows::<i64>()?;
        Ok(())
    }
}

mod one_too_many {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        scope
            .sql(tenantry::sql!("SELECT $1"))
            .bind(1_i64)
            .row::<i64>()?;
        Ok(())
    }
}

mod for_no_parameter {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        scope.sql(tenantry::sql!("SELECT 1")).row::<i32>()?;
        Ok(())
    }
}

mod parameter_that_stands_twice {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        scope
            .sql(tenantry::sql!("SELECT $1 + $1"))
            .bind(1_i64)
            .row::<i64>()?;
        Ok(())
    }
}

fn main() {}
