//! A model is placed once.

mod twice {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod both {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod both_the_other_way {
    use tenantry::prelude::*;

    #[tenant_model(index(code))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}
