//! Types of libraries that no column has.

mod hash_map {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Json<std::collections::HashMap<String, i64>>,
    }
}

mod tree_map {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Json<std::collections::BTreeMap<String, i64>>,
    }
}

mod set {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Vec<i64>,
    }
}

mod queue {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Vec<i64>,
    }
}

mod system_time {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Timestamp,
    }
}

mod instant {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Timestamp,
    }
}

mod duration {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: i64,
    }
}

mod boxed {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: i64,
    }
}

mod counted {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Option<String>,
    }
}

mod perhaps_borrowed {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: String,
    }
}

mod locked {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: i64,
    }
}

mod path {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: String,
    }
}

mod network_address {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: String,
    }
}

mod non_zero {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: i64,
    }
}

mod wrapping {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: i32,
    }
}

mod json_without_serde {
    use tenantry::prelude::*;

    #[derive(serde::Serialize, serde::Deserialize)]
    pub struct Address {
        pub street: String,
    }

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Json<Address>,
    }
}
