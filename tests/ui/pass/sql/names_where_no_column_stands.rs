//! Names with a schema behind an alias of its name, where only a type, an operator or a collation can stand.

mod cast_behind_an_alias {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT 1::money FROM {User} AS acme");
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

    pub fn run() {
        let _ = tenantry::sql!("SELECT CAST(1 AS money) FROM {User} acme");
    }
}

mod typed_text {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT money '5' FROM {User} AS acme");
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
        let _ = tenantry::sql!("SELECT $1::money[] FROM {User} AS acme");
    }
}

mod columns_of_a_function {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT j.a FROM json_to_record($1) AS j (a money), {User} AS acme");
    }
}

mod columns_of_several_functions {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!(
            "SELECT 1 FROM ROWS FROM (json_to_record($1) AS (a money)) AS r, {User} AS acme"
        );
    }
}

mod columns_of_a_document {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!(
            "SELECT x.a FROM {User} AS acme, XMLTABLE('/a' PASSING $1 COLUMNS a money PATH 'a') AS x"
        );
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

    pub fn run() {
        let _ = tenantry::sql!("SELECT {User.email} COLLATE german FROM {User} AS acme");
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

    pub fn run() {
        let _ = tenantry::sql!("SELECT 1 OPERATOR(pg_catalog.+) 2 FROM {User} AS acme");
    }
}

mod operator_class {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!(
            "INSERT INTO {User} AS acme VALUES (1, $1) ON CONFLICT (email) DO NOTHING"
        );
    }
}

mod slot_behind_a_schema {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT 1::text FROM {User} AS acme");
    }
}

mod function_behind_a_slot {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT lower({User.email}) FROM {User}");
    }
}
