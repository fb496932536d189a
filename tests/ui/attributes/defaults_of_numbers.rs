//! Defaults that are no values of a column of numbers.

mod above_a_small_integer {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = 70000)]
        pub value: i16,
    }
}

mod below_a_small_integer {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = -32769)]
        pub value: i16,
    }
}

mod above_an_integer {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = 2147483648)]
        pub value: i32,
    }
}

mod above_a_big_integer {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = 9223372036854775808)]
        pub value: i64,
    }
}

mod fraction_of_an_integer {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = 1.5)]
        pub value: i32,
    }
}

mod integer_in_quotes {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "5")]
        pub value: i32,
    }
}

mod integer_that_is_a_truth_value {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = true)]
        pub value: i32,
    }
}

mod in_a_newtype {
    use tenantry::prelude::*;

    #[derive(Column)]
    pub struct Level(i16);

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = 70000)]
        pub value: Level,
    }
}

mod through_an_alias {
    use tenantry::prelude::*;

    pub type Level = i16;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = 70000)]
        pub value: Level,
    }
}

mod float_out_of_range {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = 1e39)]
        pub value: f32,
    }
}

mod float_in_quotes {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "0.5")]
        pub value: f64,
    }
}

mod more_places_than_the_scale {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = 1.555, precision = 5, scale = 2)]
        pub value: Decimal,
    }
}

mod more_digits_than_the_precision {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = 1000, precision = 5, scale = 2)]
        pub value: Decimal,
    }
}

mod decimal_that_is_a_word {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "free")]
        pub value: Decimal,
    }
}

mod optional {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = 70000)]
        pub value: Option<i16>,
    }
}

mod of_a_foreign_key {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Parent {
        #[field(key)]
        pub id: i64,
    }

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "first")]
        pub value: Fk<Parent>,
    }
}

mod above_an_unsigned_byte {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = 256)]
        pub value: u8,
    }
}

mod below_zero {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = -1)]
        pub value: Option<u16>,
    }
}

mod above_an_unsigned_integer {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = 4294967296)]
        pub value: u32,
    }
}

mod of_what_is_never_zero {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = 0)]
        pub value: std::num::NonZero<u8>,
    }
}

mod item_above_an_unsigned_number {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "{0,65536}")]
        pub value: Vec<u16>,
    }
}

fn main() {}
