//! Arrays of ids of which nobody says whose they are.

mod numbers {
    use tenantry::prelude::*;

    #[shared_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub user_ids: Vec<i64>,
    }
}

mod optional_uuids {
    use tenantry::prelude::*;

    #[shared_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub row_ids: Option<Vec<Uuid>>,
    }
}

fn main() {}
