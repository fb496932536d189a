//! Arguments of a field as attributes of their own.

mod key {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[key]
        pub id: i64,
    }
}

mod primary_key {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[primary_key]
        pub id: i64,
    }
}

mod id {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[id]
        pub number: i64,
    }
}

mod unique {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[unique]
        pub code: String,
    }
}

mod length {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[max_length(40)]
        pub code: String,
    }
}

mod column {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[column(name = "kind")]
        pub code: String,
    }
}

mod nullable {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[nullable]
        pub code: String,
    }
}

mod beside_a_plain_derive {
    use tenantry::prelude::*;

    #[tenant_model]
    #[derive(Debug, Clone)]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[index]
        pub code: String,
    }
}

fn main() {}
