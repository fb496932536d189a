//! Names of indexes and checks are written once in a schema.

mod of_two_indexes {
    use tenantry::prelude::*;

    #[tenant_model(index(code, name = "by_code"))]
    pub struct First {
        #[field(key)]
        pub id: i64,
        pub code: String,
    }

    #[tenant_model(index(code, name = "by_code"))]
    pub struct Second {
        #[field(key)]
        pub id: i64,
        pub code: String,
    }

    tenantry::schema! {
        pub static SCHEMA = [First, Second];
    }
}

mod of_an_index_and_a_check {
    use tenantry::prelude::*;

    #[tenant_model(check(name = "by_code", "code <> ''"))]
    pub struct First {
        #[field(key)]
        pub id: i64,
        pub code: String,
    }

    #[tenant_model(index(code, name = "by_code"))]
    pub struct Second {
        #[field(key)]
        pub id: i64,
        pub code: String,
    }

    tenantry::schema! {
        pub static SCHEMA = [First, Second];
    }
}

mod of_an_index_and_a_table {
    use tenantry::prelude::*;

    #[tenant_model(index(code, name = "seconds"))]
    pub struct First {
        #[field(key)]
        pub id: i64,
        pub code: String,
    }

    #[tenant_model(table = "seconds")]
    pub struct Second {
        #[field(key)]
        pub id: i64,
        pub code: String,
    }

    tenantry::schema! {
        pub static SCHEMA = [First, Second];
    }
}

mod of_two_uniques {
    use tenantry::prelude::*;

    #[tenant_model(unique(code, name = "codes"))]
    pub struct First {
        #[field(key)]
        pub id: i64,
        pub code: String,
    }

    #[tenant_model(unique(code, name = "codes"))]
    pub struct Second {
        #[field(key)]
        pub id: i64,
        pub code: String,
    }

    tenantry::schema! {
        pub static SCHEMA = [First, Second];
    }
}

fn main() {}
