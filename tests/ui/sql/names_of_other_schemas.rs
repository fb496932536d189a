//! Names with a schema, wherever they stand in a statement.

mod cast {
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
        let _ = tenantry::sql!("SELECT 1::acme.money");
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
        let _ = tenantry::sql!("SELECT CAST(1 AS acme.money)");
    }
}

mod column_with_its_schema {
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
        let _ = tenantry::sql!("SELECT acme.users.email FROM {User}");
    }
}

mod joined_in_parentheses {
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
        let _ =
            tenantry::sql!("DELETE FROM {User} USING (globex.customers AS g CROSS JOIN {Plan})");
    }
}

mod joined_in_parentheses_by_name {
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
        let _ = tenantry::sql!("DELETE FROM {User} USING (customers AS g CROSS JOIN {Plan})");
    }
}

mod collation {
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
        let _ = tenantry::sql!("SELECT 'a' COLLATE acme.c");
    }
}

mod operator {
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
        let _ = tenantry::sql!("SELECT 1 OPERATOR(acme.+) 2");
    }
}

mod constant_of_a_type {
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
        let _ = tenantry::sql!("SELECT acme.money '5'");
    }
}

mod function {
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
        let _ = tenantry::sql!("SELECT acme.f(1)");
    }
}

mod all_columns {
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
        let _ = tenantry::sql!("SELECT acme.* FROM {User}");
    }
}

mod column_definition {
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
        let _ = tenantry::sql!("SELECT 1 FROM json_to_record($1) AS t (a acme.money)");
    }
}

mod alias_as_a_schema {
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
        let _ = tenantry::sql!("SELECT 1::acme.money FROM {User} AS acme");
    }
}

mod catalog_of_the_server {
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
        let _ = tenantry::sql!("SELECT 1 FROM pg_catalog.pg_class");
    }
}

fn main() {}
