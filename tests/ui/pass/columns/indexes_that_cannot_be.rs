//! Indexes that are there twice, or whose method has no operators for their fields.

mod twice {
    use tenantry::prelude::*;

    #[tenant_model(index(code, total), index(total, code))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
        pub made: Timestamp,
    }
}

mod unique_twice {
    use tenantry::prelude::*;

    #[tenant_model(unique("lower(code)"), index("lower(code)"))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
        pub made: Timestamp,
    }
}

mod words_of_a_text {
    use tenantry::prelude::*;

    #[tenant_model(index("to_tsvector('simple', code)", method = "gin"))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
        pub made: Timestamp,
    }
}

mod range_of_a_truth_value {
    use tenantry::prelude::*;

    #[tenant_model(index(made, method = "brin"))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
        pub made: Timestamp,
    }
}

mod tree_of_a_number {
    use tenantry::prelude::*;

    #[tenant_model(index("id", method = "gist"))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
        pub made: Timestamp,
    }
}

fn main() {}
