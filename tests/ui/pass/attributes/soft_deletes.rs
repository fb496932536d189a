//! Fields that say when a row was deleted, of models and types that have no such field.

mod of_a_text {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(soft_delete)]
        pub deleted_at: Option<Timestamp>,
    }
}

mod never_null {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(soft_delete)]
        pub deleted_at: Option<Timestamp>,
    }
}

mod through_an_alias {
    use tenantry::prelude::*;

    pub type Deleted = Option<Timestamp>;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(soft_delete)]
        pub deleted_at: Deleted,
    }
}

mod two {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(soft_delete)]
        pub deleted_at: Option<Timestamp>,
        #[field(index)]
        pub archived_at: Option<Timestamp>,
    }
}

mod with_a_default {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(soft_delete)]
        pub deleted_at: Option<Timestamp>,
    }
}

mod of_tenants {
    use tenantry::prelude::*;

    #[shared_model(tenant)]
    pub struct Account {
        #[field(key, given)]
        pub key: TenantKey,
        #[field(index)]
        pub deleted_at: Option<Timestamp>,
    }
}

mod above_the_struct {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(soft_delete)]
        pub deleted_at: Option<Timestamp>,
    }
}
