//! Types of the language that no column has.

mod array_of_optional_bytes {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Vec<Option<i16>>,
    }
}

mod unsigned_64 {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: u32,
    }
}

mod size {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: i64,
    }
}

mod signed_8 {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: i16,
    }
}

mod signed_128 {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Decimal,
    }
}

mod unsigned_128 {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Uuid,
    }
}

mod character {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: String,
    }
}

mod borrowed_text {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: String,
    }
}

mod static_text {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: String,
    }
}

mod borrowed_bytes {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Vec<u8>,
    }
}

mod borrowed_number {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: i64,
    }
}

mod tuple {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Json<(i64, i64)>,
    }
}

mod bytes_in_an_array {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Vec<u8>,
    }
}

mod numbers_in_an_array {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Vec<i64>,
    }
}

mod nothing {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: bool,
    }
}

mod option_of_an_option {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Option<i64>,
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
        pub value: Fk<Parent>,
    }
}

mod array_of_arrays {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Json<Vec<Vec<i64>>>,
    }
}

mod optional_unsigned {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Option<u32>,
    }
}

mod array_of_unsigned {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Vec<i64>,
    }
}

mod function {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: i64,
    }
}

mod unsigned_key {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Parent {
        #[field(key)]
        pub id: i64,
    }
}
