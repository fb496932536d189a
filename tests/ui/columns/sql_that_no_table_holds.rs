//! SQL in attributes that reads well, and that no table, index or check can hold.

mod clock_in_a_filter {
    use tenantry::prelude::*;

    #[tenant_model(index(code, filter = "made > now()"))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
        pub made: Timestamp,
    }
}

mod today_in_a_filter {
    use tenantry::prelude::*;

    #[tenant_model(unique(code, filter = "made < CURRENT_DATE"))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
        pub made: Timestamp,
    }
}

mod texts_joined_by_concat {
    use tenantry::prelude::*;

    #[tenant_model(index("lower(concat(code, code))"))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
        pub made: Timestamp,
    }
}

mod search_without_a_configuration {
    use tenantry::prelude::*;

    #[tenant_model(index("to_tsvector(code)", method = "gin"))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
        pub made: Timestamp,
    }
}

mod user_in_an_index {
    use tenantry::prelude::*;

    #[tenant_model(index("code || CURRENT_USER"))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
        pub made: Timestamp,
    }
}

mod rows_in_a_check {
    use tenantry::prelude::*;

    #[tenant_model(check = "total IN (generate_series(1, 5))")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
        pub made: Timestamp,
    }
}

mod largest_of_two {
    use tenantry::prelude::*;

    #[tenant_model(check = "max(total, 5) < 9")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
        pub made: Timestamp,
    }
}

mod list_in_brackets {
    use tenantry::prelude::*;

    #[tenant_model(check = "code IN ['a', 'b']")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
        pub made: Timestamp,
    }
}

mod nothing_behind_is {
    use tenantry::prelude::*;

    #[tenant_model(check = "paid IS")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
        pub made: Timestamp,
    }
}

mod half_of_between {
    use tenantry::prelude::*;

    #[tenant_model(check = "total BETWEEN 0")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
        pub made: Timestamp,
    }
}

mod case_without_an_end {
    use tenantry::prelude::*;

    #[tenant_model(check = "CASE WHEN paid THEN total > 0")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
        pub made: Timestamp,
    }
}

mod compared_with_null {
    use tenantry::prelude::*;

    #[tenant_model(check = "code <> NULL")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
        pub made: Timestamp,
    }
}

mod arrow {
    use tenantry::prelude::*;

    #[tenant_model(check = "total => 0")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
        pub made: Timestamp,
    }
}

mod equal_not {
    use tenantry::prelude::*;

    #[tenant_model(check = "total =! 0")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
        pub made: Timestamp,
    }
}

mod sequence_by_a_text {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = sql("nextval('acme.numbers')"))]
        pub value: i64,
    }
}

mod relation_by_a_text {
    use tenantry::prelude::*;

    #[tenant_model(check = "'acme.users'::regclass IS NOT NULL")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
        pub made: Timestamp,
    }
}

mod query_in_a_text {
    use tenantry::prelude::*;

    #[tenant_model(check = "query_to_xml(code, true, true, '') IS NOT NULL")]
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
