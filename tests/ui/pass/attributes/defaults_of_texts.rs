//! Defaults that are no values of a column of texts or truth values.

mod longer_than_the_bound {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "abcd", max_length = 4)]
        pub value: String,
    }
}

mod number {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "5")]
        pub value: String,
    }
}

mod truth_value {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "true")]
        pub value: String,
    }
}

mod with_a_nul {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "a")]
        pub value: String,
    }
}

mod the_word_null {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Option<String>,
    }
}

mod the_word_null_for_a_number {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Option<i32>,
    }
}

mod truth_value_in_quotes {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = true)]
        pub value: bool,
    }
}

mod truth_value_as_a_number {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = false)]
        pub value: bool,
    }
}
