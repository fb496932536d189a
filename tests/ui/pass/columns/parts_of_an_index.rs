//! Parts and methods of indexes that there are not.

mod descending {
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

mod ascending {
    use tenantry::prelude::*;

    #[tenant_model(index(code, total))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod two_fields_without_a_comma {
    use tenantry::prelude::*;

    #[tenant_model(index(code, total))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod operator_class {
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

mod using {
    use tenantry::prelude::*;

    #[tenant_model(index(code, method = "hash"))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod condition {
    use tenantry::prelude::*;

    #[tenant_model(unique(code, filter = "paid"))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod unknown_method {
    use tenantry::prelude::*;

    #[tenant_model(index(code, method = "brin"))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod two_parts_of_a_hash {
    use tenantry::prelude::*;

    #[tenant_model(index(code, method = "hash"))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod expression_without_a_comma {
    use tenantry::prelude::*;

    #[tenant_model(index(code, "lower(code)"))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}
