//! Models that are made by a macro of the application, of types that it is given.

use tenantry::prelude::*;

pub struct Nothing;

#[tenant_model]
pub struct User {
    #[field(key)]
    pub id: i64,
}

mod number_without_a_sign {
    use super::*;

    macro_rules! model {
        ($name:ident, $field:ident: $ty:ty) => {
            #[tenant_model]
            pub struct $name {
                #[field(key)]
                pub id: i64,
                pub $field: $ty,
            }
        };
    }

    model!(Item, owner: u64);
}

mod reference_to_no_model {
    use super::*;

    macro_rules! model {
        ($name:ident, $field:ident: $ty:ty) => {
            #[tenant_model]
            pub struct $name {
                #[field(key)]
                pub id: i64,
                pub $field: $ty,
            }
        };
    }

    model!(Item, owner: Fk<Nothing>);
}

mod reference_or_nothing_to_no_model {
    use super::*;

    macro_rules! model {
        ($name:ident, $field:ident: $ty:ty) => {
            #[tenant_model]
            pub struct $name {
                #[field(key)]
                pub id: i64,
                pub $field: $ty,
            }
        };
    }

    model!(Item, owner: Option<Fk<Nothing>>);
}

mod shared_references_tenant {
    use super::*;

    macro_rules! model {
        ($name:ident, $field:ident: $ty:ty) => {
            #[shared_model]
            pub struct $name {
                #[field(key)]
                pub id: i64,
                pub $field: $ty,
            }
        };
    }

    model!(Item, owner: Fk<User>);
}

mod type_that_is_no_value {
    use super::*;

    macro_rules! model {
        ($name:ident, $field:ident: $ty:ty) => {
            #[tenant_model]
            pub struct $name {
                #[field(key)]
                pub id: i64,
                pub $field: $ty,
            }
        };
    }

    model!(Item, owner: Nothing);
}

fn main() {}
