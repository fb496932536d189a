//! Types of the language that no column has.

mod array_of_optional_bytes {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Vec<Option<u8>>,
    }
}

mod unsigned_64 {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: u64,
    }
}

mod size {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: usize,
    }
}

mod signed_8 {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: i8,
    }
}

mod signed_128 {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: i128,
    }
}

mod unsigned_128 {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: u128,
    }
}

mod character {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: char,
    }
}

mod borrowed_text {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: &str,
    }
}

mod static_text {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: &'static str,
    }
}

mod borrowed_bytes {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: &'static [u8],
    }
}

mod borrowed_number {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: &'static i64,
    }
}

mod tuple {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: (i64, i64),
    }
}

mod bytes_in_an_array {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: [u8; 16],
    }
}

mod numbers_in_an_array {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: [i64; 4],
    }
}

mod nothing {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: (),
    }
}

mod option_of_an_option {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Option<Option<i64>>,
    }
}

mod foreign_keys_in_an_array {
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
        pub value: Vec<Fk<Parent>>,
    }
}

mod array_of_arrays {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Vec<Vec<i64>>,
    }
}

mod optional_unsigned {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Option<usize>,
    }
}

mod array_of_unsigned {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Vec<u64>,
    }
}

mod function {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: fn(i64) -> i64,
    }
}

mod unsigned_key {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Parent {
        #[field(key)]
        pub id: u64,
    }
}

fn main() {}
