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
        let _ = tenantry::sql!("SELECT 1");
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
        let _ = tenantry::sql!("SELECT 1");
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
        let _ = tenantry::sql!("SELECT 1");
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
        let _ = tenantry::sql!("SELECT 1");
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
        let _ = tenantry::sql!("SELECT 1");
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
        let _ = tenantry::sql!("SELECT 1");
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
        let _ = tenantry::sql!("SELECT 1");
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
        let _ = tenantry::sql!("SELECT tableoid::regclass FROM {User}");
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
        let _ = tenantry::sql!("SELECT a FROM jsonb_to_record($1) AS t (a text)");
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
        let _ = tenantry::sql!("SELECT set_config('app.user', $1, true)");
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
        let _ = tenantry::sql!("SELECT set_config('app.user', $1, true)");
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
        let _ = tenantry::sql!("SELECT 1");
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
        let _ = tenantry::sql!("SELECT 1");
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
        let _ = tenantry::sql!("SELECT 1");
    }
}

fn main() {}
