//! Defaults that are no values of a column of dates, JSON, arrays or bytes.

mod day_that_is_none {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "2026-02-30")]
        pub value: Date,
    }
}

mod day_of_the_creation {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "now")]
        pub value: Date,
    }
}

mod day_in_another_order {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "31.01.2026")]
        pub value: Date,
    }
}

mod hour_that_is_none {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "25:00")]
        pub value: jiff::civil::Time,
    }
}

mod time_without_a_zone {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "2026-01-31 08:30:00")]
        pub value: Timestamp,
    }
}

mod local_time_with_a_zone {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "2026-01-31 08:30:00+02")]
        pub value: jiff::civil::DateTime,
    }
}

mod time_as_a_number {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = 0)]
        pub value: Timestamp,
    }
}

mod short_uuid {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "1234")]
        pub value: Uuid,
    }
}

mod json_without_quotes {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "{a: 1}")]
        pub value: Json<Vec<i64>>,
    }
}

mod json_as_a_number {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = 5)]
        pub value: Json<i64>,
    }
}

mod array_as_json {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "[]")]
        pub value: Vec<i64>,
    }
}

mod item_of_another_type {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "{1,a}")]
        pub value: Vec<i64>,
    }
}

mod half_a_byte {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "\\x0")]
        pub value: Vec<u8>,
    }
}

mod day_without_end {
    use tenantry::prelude::*;
    use tenantry::value::Unbounded;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "infinity")]
        pub value: Unbounded<Date>,
    }
}

fn main() {}
