//! Columns that are written as the struct's fields.

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

mod of_a_condition {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().filter(User::NAME.eq("Ann")).all(scope)?;
        Ok(())
    }
}

mod of_an_order {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().order_by(User::ID.asc()).all(scope)?;
        Ok(())
    }
}

mod with_a_word_of_the_language {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().filter(User::TYPE.eq(5)).all(scope)?;
        Ok(())
    }
}

mod of_a_join {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::query().join(User::PLAN).all(scope)?;
        Ok(())
    }
}

fn main() {}
