//! Arrays of ids of which nobody says whose they are.

mod numbers {
    use tenantry::prelude::*;

    #[shared_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(not_a_reference)]
        pub user_ids: Vec<i64>,
    }
}

mod optional_uuids {
    use tenantry::prelude::*;

    #[shared_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub rows: Option<Vec<Uuid>>,
    }
}

fn main() {}
