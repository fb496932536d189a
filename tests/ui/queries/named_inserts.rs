//! Rows of named fields where something is wrong.

use tenantry::prelude::*;

#[tenant_model]
pub struct User {
    #[field(key)]
    pub id: i64,
    pub name: String,
    pub email: String,
    pub bonus: Option<i32>,
    #[field(default = true)]
    pub active: bool,
}

#[tenant_model]
pub struct Line {
    #[field(key)]
    pub id: i64,
    pub price: i64,
    pub count: i64,
    #[field(generated = "price * count")]
    pub total: i64,
}

mod field_that_is_missing {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::insert(new!(User { name: "Ann", bonus: 5 })).execute(scope)
    }
}

mod fields_that_are_missing {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::insert(new!(User {})).execute(scope)
    }
}

mod field_that_there_is_not {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::insert(new!(User { name: "Ann", emial: "a@x.example", email: "a@x.example" })).execute(scope)
    }
}

mod field_in_another_spelling {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::insert(new!(User { name: "Ann", emial: "a@x.example" })).execute(scope)
    }
}

mod name_of_a_column {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::insert(new!(User { name: "Ann", EMAIL: "a@x.example" })).execute(scope)
    }
}

mod field_that_the_database_computes {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        Line::insert(new!(Line { price: 2, total: 6, count: 3 })).execute(scope)
    }
}

mod field_given_twice {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::insert(new!(User { name: "Ann", email: "a@x.example", name: "Bob" })).execute(scope)
    }
}

mod value_of_another_type {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::insert(new!(User { name: 5, email: "a@x.example" })).execute(scope)
    }
}

mod number_for_a_truth_value {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::insert(new!(User { name: "Ann", email: "a@x.example", active: 1 })).execute(scope)
    }
}

mod rest_of_another_row {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::insert(new!(User { name: "Ann", email: "a@x.example", ..Default::default() })).execute(scope)
    }
}

mod rest_without_a_row {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::insert(new!(User { name: "Ann", email: "a@x.example", .. })).execute(scope)
    }
}

mod row_of_no_model {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::insert(new!("Ann")).execute(scope)
    }
}

mod fields_without_names {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::insert(new!(User { 0: "Ann", name: "Ann", email: "a@x.example" })).execute(scope)
    }
}

mod nothing_at_all {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::insert(new!()).execute(scope)
    }
}

mod two_rows {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<()> {
        User::insert(new!(User { name: "Ann", email: "a@x.example" }, User { name: "Ann", email: "a@x.example" })).execute(scope)
    }
}

fn main() {}
