//! Fields that say since or until which migration tenants have them.

mod no_id {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(since = "0007_notes", default = "none")]
        pub color: String,
    }
}

mod without_a_value {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(since = "0007_notes")]
        pub color: Option<String>,
    }
}

mod until_without_a_value {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(until = "0009_no_colors", default = "none")]
        pub color: String,
    }
}

mod with_a_default_of_sql {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(since = "0007_notes", default = "2026-01-01T00:00:00Z")]
        pub noted_at: Timestamp,
    }
}

mod of_a_shared_model {
    use tenantry::prelude::*;

    #[shared_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "none")]
        pub color: String,
    }
}

mod of_a_key {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
    }
}

mod of_a_time_of_writes {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(since = "0007_notes")]
        pub changed_at: Option<Timestamp>,
    }
}

mod of_what_is_computed {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub name: String,
        #[field(until = "0009_no_colors")]
        pub low: Option<String>,
    }
}

mod dropped_before_it_is_added {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(since = "0007_colors", until = "0009_no_colors")]
        pub color: Option<String>,
    }
}
