//! Slots of tables and columns where they mean nothing.

mod table_where_a_column_belongs {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    #[shared_model]
    pub struct Plan {
        #[field(key)]
        pub id: i64,
        pub code: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT {User} FROM {User}");
    }
}

mod table_in_a_condition {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    #[shared_model]
    pub struct Plan {
        #[field(key)]
        pub id: i64,
        pub code: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT 1 FROM {User} WHERE {User} = 1");
    }
}

mod column_without_its_table {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    #[shared_model]
    pub struct Plan {
        #[field(key)]
        pub id: i64,
        pub code: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT {Plan.code} FROM {User}");
    }
}

mod column_without_any_table {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    #[shared_model]
    pub struct Plan {
        #[field(key)]
        pub id: i64,
        pub code: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT {User.id}");
    }
}

fn main() {}
