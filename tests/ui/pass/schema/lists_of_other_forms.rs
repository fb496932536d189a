//! Lists of models that are written in another way.

mod variable {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
    }

    tenantry::schema! { static SCHEMA = [Thing]; }
}

mod braces {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
    }

    tenantry::schema! { static SCHEMA = [Thing]; }
}

mod no_commas {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
    }

    tenantry::schema! { static SCHEMA = [Thing]; }
}

mod with_a_type {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
    }

    tenantry::schema! { static SCHEMA = [Thing]; }
}

mod nothing {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
    }

    tenantry::schema! { static SCHEMA = [Thing]; }
}

mod queries {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
    }

    tenantry::schema! { static SCHEMA = [Thing]; }
}

fn main() {}
