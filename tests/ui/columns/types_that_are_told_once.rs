//! Types that no column has, each told once, where the field has it.

mod shared_pointer {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: std::rc::Rc<str>,
    }

    fn used(acme: &mut TenantScope) -> tenantry::Result<()> {
        let found = Thing::find(5).one(acme)?;
        let _ = found.id;
        Thing::query().all(acme).map(drop)
    }
}

mod own_type_that_stays_in_its_thread {
    use tenantry::prelude::*;

    pub struct Cache(std::rc::Rc<i64>);

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Cache,
    }

    fn used(acme: &mut TenantScope) -> tenantry::Result<()> {
        let found = Thing::find(5).one(acme)?;
        let _ = found.id;
        Thing::query().all(acme).map(drop)
    }
}

mod raw_pointer_inside {
    use tenantry::prelude::*;

    pub struct Cache(*const i64);

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Cache,
    }

    fn used(acme: &mut TenantScope) -> tenantry::Result<()> {
        let found = Thing::find(5).one(acme)?;
        let _ = found.id;
        Thing::query().all(acme).map(drop)
    }
}

mod own_type_in_an_option {
    use tenantry::prelude::*;

    pub struct Cache;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Option<Cache>,
    }
}

mod key_that_is_a_struct {
    use tenantry::prelude::*;

    pub struct Plan {
        pub id: i64,
    }

    #[tenant_model]
    pub struct Thing {
        #[field(key, given)]
        pub id: Plan,
    }
}

mod key_that_is_a_map {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key, given)]
        pub id: std::collections::HashMap<i64, i64>,
    }
}

mod key_that_is_a_document {
    use tenantry::prelude::*;

    #[derive(serde::Serialize, serde::Deserialize)]
    pub struct Name;

    #[tenant_model]
    pub struct Thing {
        #[field(key, given)]
        pub id: Json<Name>,
    }
}

mod key_that_can_be_null {
    use tenantry::prelude::*;

    type Number = Option<i64>;

    #[tenant_model]
    pub struct Thing {
        #[field(key, given)]
        pub id: Number,
    }
}

fn main() {}
