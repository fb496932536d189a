//! Texts that are made, or turned in two steps, into names of relations.

mod joined_text {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT ('acme' || '.users')::regclass");
    }
}

mod text_of_a_function {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT concat('acme', '.users')::regclass");
    }
}

mod in_two_casts {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT 'acme.users'::text::regclass");
    }
}

mod in_parentheses {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT ('acme.users')::regclass");
    }
}

mod array {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT ARRAY['acme.users']::regclass[]");
    }
}

mod array_by_its_other_name {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT '{{acme.users}}'::_regclass");
    }
}

mod type_as_a_function {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT regclass('acme.users')");
    }
}

mod column {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT {User.email}::regclass FROM {User}");
    }
}

mod column_of_a_record {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT nextval(a) FROM jsonb_to_record($1) AS t (a regclass)");
    }
}

mod setting_by_a_parameter {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT set_config($1, $2, true)");
    }
}

mod setting_by_a_joined_text {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT set_config('search_' || 'path', $1, true)");
    }
}

mod index_of_a_tenant {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT bt_index_check('acme.users_pkey')");
    }
}

mod large_object {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT lo_get(5)");
    }
}

mod log_of_the_server {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT pg_ls_logdir()");
    }
}

fn main() {}
