//! Many rows that are changed at once.

use tenantry::prelude::*;

#[shared_model]
pub struct Plan {
    #[field(key)]
    pub id: i64,
    pub code: String,
    pub cents: i64,
}

mod a_value_of_another_type {
    use super::*;

    pub fn run(scope: &mut SharedScope) -> tenantry::Result<()> {
        Plan::update_many(Plan::CENTS, [(1, 5)]).execute(scope)?;
        Ok(())
    }
}

mod one_value_for_two_columns {
    use super::*;

    pub fn run(scope: &mut SharedScope) -> tenantry::Result<()> {
        Plan::update_many((Plan::CODE, Plan::CENTS), [(1, ("x", 5))]).execute(scope)?;
        Ok(())
    }
}

mod shared_rows_in_a_tenants_scope {
    use super::*;

    pub fn run(plans: &mut [Stored<Plan>], scope: &mut SharedScope) -> tenantry::Result<()> {
        Plan::save_all(plans, scope)?;
        Ok(())
    }
}

fn main() {}
