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
        let _ = tenantry::sql!("SELECT setval('acme.users_id_seq', 1)");
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
        let _ = tenantry::sql!("SELECT nextval('acme.users_id_seq')");
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
        let _ = tenantry::sql!("SELECT query_to_xml('SELECT 1 FROM acme.users', true, true, '')");
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
        let _ = tenantry::sql!("SELECT 1 FROM dblink('', 'SELECT 1') AS t (n int)");
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
        let _ = tenantry::sql!("SELECT 'acme.users'::regclass");
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
        let _ = tenantry::sql!("SELECT $1::regclass");
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
        let _ = tenantry::sql!("SELECT CAST('acme.users' AS regclass)");
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
        let _ = tenantry::sql!("SELECT regclass 'acme.users'");
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
        let _ = tenantry::sql!("SELECT to_regclass('acme.users')");
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
        let _ = tenantry::sql!("SELECT pg_total_relation_size('acme.users')");
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
        let _ = tenantry::sql!("SELECT pg_read_file('/etc/passwd')");
    }
}

fn main() {}
