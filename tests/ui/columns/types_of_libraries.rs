//! Types of libraries that no column has.

mod hash_map {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: std::collections::HashMap<String, i64>,
    }
}

mod tree_map {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: std::collections::BTreeMap<String, i64>,
    }
}

mod set {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: std::collections::HashSet<i64>,
    }
}

mod queue {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: std::collections::VecDeque<i64>,
    }
}

mod system_time {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: std::time::SystemTime,
    }
}

mod instant {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: std::time::Instant,
    }
}

mod duration {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: std::time::Duration,
    }
}

mod boxed {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Box<i64>,
    }
}

mod counted {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Option<std::sync::Arc<String>>,
    }
}

mod perhaps_borrowed {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: std::borrow::Cow<'static, str>,
    }
}

mod locked {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: std::sync::Mutex<i64>,
    }
}

mod path {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: std::path::PathBuf,
    }
}

mod network_address {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: std::net::SocketAddr,
    }
}

mod non_zero {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: std::num::NonZeroI64,
    }
}

mod wrapping {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: std::num::Wrapping<i32>,
    }
}

mod json_without_serde {
    use tenantry::prelude::*;

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

fn main() {}
