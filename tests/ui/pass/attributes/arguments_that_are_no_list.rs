//! Arguments with other signs between them than commas.

mod no_comma {
    use tenantry::prelude::*;

    #[tenant_model(table = "things", check = "total > 0")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub total: i32,
    }
}

mod two_commas {
    use tenantry::prelude::*;

    #[tenant_model(table = "things", check = "total > 0")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub total: i32,
    }
}

mod negated {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub total: i32,
    }
}

mod compared {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(unique)]
        pub total: i32,
    }
}

mod unique_without_parentheses {
    use tenantry::prelude::*;

    #[tenant_model(unique(total))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub total: i32,
    }
}

fn main() {}
