//! References to structs that are no models, in several forms.

mod or_nothing {
    use tenantry::prelude::*;

    pub struct User;

    #[tenant_model]
    pub struct Session {
        #[field(key)]
        pub id: i64,
        pub user: Option<Fk<User>>,
    }
}

mod with_a_way_back {
    use tenantry::prelude::*;

    pub struct User;

    #[tenant_model]
    pub struct Session {
        #[field(key)]
        pub id: i64,
        #[field(inverse = "sessions", on_delete = "cascade")]
        pub user: Fk<User>,
    }
}

mod of_a_shared_model {
    use tenantry::prelude::*;

    pub struct Country(pub String);

    #[shared_model]
    pub struct City {
        #[field(key)]
        pub id: i64,
        pub country: Fk<Country>,
    }
}

mod to_a_number {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Session {
        #[field(key)]
        pub id: i64,
        pub user: Fk<i64>,
    }
}

fn main() {}
