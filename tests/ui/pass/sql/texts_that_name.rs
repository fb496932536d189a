//! Texts that a function takes for SQL or for a name.

mod setval {
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
        let _ = tenantry::sql!(unchecked "SELECT setval('acme.users_id_seq', 1)");
    }
}

mod nextval {
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
        let _ = tenantry::sql!(unchecked "SELECT nextval('acme.users_id_seq')");
    }
}

mod query_to_xml {
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
        let _ = tenantry::sql!("SELECT count(*) FROM {User}");
    }
}

mod dblink {
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
        let _ = tenantry::sql!("SELECT 1 FROM {User}");
    }
}

mod cast_to_a_relation {
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
        let _ = tenantry::sql!("SELECT tableoid::regclass FROM {User}");
    }
}

mod parameter_cast_to_a_relation {
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
        let _ = tenantry::sql!("SELECT $1::text");
    }
}

mod cast_in_words {
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
        let _ = tenantry::sql!("SELECT CAST('acme.users' AS text)");
    }
}

mod constant_of_a_relation {
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
        let _ = tenantry::sql!("SELECT text 'acme.users'");
    }
}

mod to_regclass {
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
        let _ = tenantry::sql!("SELECT lower('acme.users')");
    }
}

mod size_of_a_relation {
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
        let _ = tenantry::sql!("SELECT pg_total_relation_size(tableoid) FROM {User}");
    }
}

mod file_of_the_server {
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
        let _ = tenantry::sql!("SELECT 1 FROM {User}");
    }
}
