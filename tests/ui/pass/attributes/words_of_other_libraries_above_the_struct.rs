//! Arguments of models by the names that other libraries give them.

mod table_name {
    use tenantry::prelude::*;

    #[tenant_model(table = "goods")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod unique_together {
    use tenantry::prelude::*;

    #[tenant_model(unique(code, total))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod indexes {
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

mod schema {
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

mod primary_key {
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

mod constraint {
    use tenantry::prelude::*;

    #[tenant_model(check = "total > 0")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod belongs_to {
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

mod ordering {
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

mod rename_all {
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

mod argument_of_a_field {
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

mod filter_outside_of_an_index {
    use tenantry::prelude::*;

    #[tenant_model(index(code, filter = "paid"))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod shared {
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
