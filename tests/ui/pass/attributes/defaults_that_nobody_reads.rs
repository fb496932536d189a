//! Defaults that no insert takes, or that no program reads.

mod whole_numbers_with_a_point {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "{1,2}")]
        pub value: Vec<i32>,
    }
}

mod whole_numbers_with_an_exponent {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "{1000}")]
        pub value: Vec<i16>,
    }
}

mod half_a_character {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "\"\\ud83d\\ude00\"")]
        pub value: Json<String>,
    }
}

mod number_beyond_all {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "[1e300]")]
        pub value: Json<Vec<f64>>,
    }
}

mod key_twice {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "{\"a\":1,\"b\":2}")]
        pub value: Json<std::collections::HashMap<String, i64>>,
    }
}

mod moment_after_the_last {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "9999-12-30 22:00:00Z")]
        pub value: Timestamp,
    }
}

mod moment_after_the_last_of_a_newtype {
    use tenantry::prelude::*;

    #[derive(Debug, Clone, Copy, Column)]
    pub struct Until(pub Timestamp);

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "9999-12-30 22:00:00.999999Z")]
        pub value: Option<Until>,
    }
}

mod moment_after_the_last_in_a_list {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "{2026-01-01 00:00Z,9999-12-30 22:00Z}")]
        pub value: Vec<Timestamp>,
    }
}

mod digits_that_no_decimal_has {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "1234567890123456789012345678")]
        pub value: Decimal,
    }
}

mod decimals_that_are_none {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "{0.5}")]
        pub value: Vec<Decimal>,
    }
}

fn main() {}
