use tenantry::prelude::*;
use tenantry::query::Find;

#[tenant_model]
pub struct User {
    #[field(key)]
    pub id: i64,
}

#[tenant_model]
pub struct Membership {
    #[field(key)]
    pub user: Fk<User>,
    #[field(key)]
    pub place: i16,
}

mod one_value {
    use super::*;

    pub fn find() -> Find<Membership> {
        Membership::find((1, 1))
    }
}

mod three_values {
    use super::*;

    pub fn find() -> Find<Membership> {
        Membership::find((1, 2))
    }
}

mod a_value_of_another_type {
    use super::*;

    pub fn find() -> Find<Membership> {
        Membership::find((1, 2))
    }
}

mod values_in_another_order {
    use super::*;

    pub fn find(user: &Stored<User>) -> Find<Membership> {
        Membership::find((user, 1))
    }
}

mod a_tuple_for_a_key_of_one_field {
    use super::*;

    pub fn find() -> Find<User> {
        User::find(1)
    }
}

mod a_row_of_another_model {
    use super::*;

    pub fn find(user: &Stored<User>) -> Find<Membership> {
        Membership::find((user, 1))
    }
}

fn main() {}
