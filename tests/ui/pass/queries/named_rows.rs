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
    pub bonus: Option<i32>,
}

#[derive(Row)]
pub struct Summary {
    pub name: String,
    pub bonus: Option<i32>,
}

mod field_that_is_missing {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<Vec<Summary>> {
        User::query()
            .select(SelectSummary {
                name: User::NAME,
                bonus: User::BONUS,
            })
            .all(scope)
    }
}

mod field_that_there_is_not {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<Vec<Summary>> {
        User::query()
            .select(SelectSummary {
                name: User::NAME,
                bonus: User::BONUS,
            })
            .all(scope)
    }
}

mod field_given_twice {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<Vec<Summary>> {
        User::query()
            .select(SelectSummary {
                name: User::NAME,
                bonus: User::BONUS,
            })
            .all(scope)
    }
}

mod value_of_another_type {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<Vec<Summary>> {
        User::query()
            .select(SelectSummary {
                name: User::NAME,
                bonus: User::BONUS,
            })
            .all(scope)
    }
}

mod value_that_can_be_null_for_one_that_can_not {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<Vec<Summary>> {
        User::query()
            .select(SelectSummary {
                name: User::NAME,
                bonus: User::BONUS,
            })
            .all(scope)
    }
}

mod value_of_another_model {
    use super::*;

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<Vec<Summary>> {
        User::query()
            .select(SelectSummary {
                name: User::PLAN.to(Plan::CODE),
                bonus: User::BONUS,
            })
            .all(scope)
    }
}

mod struct_that_borrows {
    use super::*;

    #[derive(Row)]
    pub struct Borrowed {
        pub name: String,
    }
}

mod struct_without_names {
    use super::*;

    #[derive(Row)]
    pub struct Pair {
        pub name: String,
        pub count: i32,
    }
}

mod struct_without_fields {
    use super::*;

    #[derive(Row)]
    pub struct Nothing {
        pub id: i64,
    }
}

mod enum_as_row {
    use super::*;

    #[derive(Column)]
    pub enum State {
        New,
        Old,
    }
}

mod field_that_is_no_value {
    use super::*;

    #[derive(Column)]
    pub struct Money(i64);

    #[derive(Row)]
    pub struct Owed {
        pub owed: Money,
    }
}

mod two_fields_of_one_column {
    use super::*;

    #[derive(Row)]
    pub struct Twice {
        pub name: String,
        #[row(column = "other_name")]
        pub other: String,
    }
}

mod word_of_another_library {
    use super::*;

    #[derive(Row)]
    pub struct Renamed {
        #[row(column = "full_name")]
        pub name: String,
    }
}

mod struct_that_is_not_derived {
    use super::*;

    #[derive(Row)]
    pub struct Plain {
        pub name: String,
    }

    pub fn run(scope: &mut TenantScope) -> tenantry::Result<Vec<Plain>> {
        scope.sql(sql!("SELECT {User.name} FROM {User}")).rows()
    }
}

fn main() {}
