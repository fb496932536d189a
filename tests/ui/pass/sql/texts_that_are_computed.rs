//! Texts that are computed before they become names.

mod lower_case {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!(unchecked "SELECT lower('ACME.users')::regclass");
    }
}

mod format_of_two {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!(unchecked "SELECT format('%s.%s', 'acme', 'users')::regclass");
    }
}

mod choice {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!(unchecked "SELECT (CASE WHEN $1::bool THEN 'acme.users' ELSE 'globex.users' END)::regclass");
    }
}

mod first_that_is_there {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!(unchecked "SELECT coalesce($1::text, 'acme.users')::regclass");
    }
}

mod function_of_a_type {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!(unchecked "SELECT regclass('acme' || '.users')");
    }
}

mod cast_in_words_of_joined_texts {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!(unchecked "SELECT CAST('acme' || '.users' AS regclass)");
    }
}

mod type_by_its_name {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!(unchecked "SELECT ('acme' || '.money')::regtype");
    }
}

mod routine_by_its_name {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!(unchecked "SELECT ('acme' || '.f()')::regprocedure");
    }
}

mod next_number_of_joined_texts {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!(unchecked "SELECT nextval('acme' || '.users_id_seq')");
    }
}

mod size_of_joined_texts {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!(unchecked "SELECT pg_total_relation_size('acme' || '.users')");
    }
}
