//! Lists of models that are written in another way.

mod variable {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
    }

    tenantry::schema! { let SCHEMA = [Thing]; }
}

mod braces {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
    }

    tenantry::schema! { static SCHEMA = { Thing } }
}

mod no_commas {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
    }

    tenantry::schema! { static SCHEMA = [Thing Thing]; }
}

mod with_a_type {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
    }

    tenantry::schema! { static SCHEMA: Schema = [Thing]; }
}

mod nothing {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
    }

    tenantry::schema! {}
}

mod queries {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
    }

    tenantry::schema! { static SCHEMA = [Thing::query()]; }
}

fn main() {}
