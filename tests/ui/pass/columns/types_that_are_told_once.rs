//! Types that no column has, each told once, where the field has it.

mod shared_pointer {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: String,
    }

    fn used(acme: &mut TenantScope) -> tenantry::Result<()> {
        let found = Thing::find(5).one(acme)?;
        let _ = found.id;
        Thing::query().all(acme).map(drop)
    }
}

mod own_type_that_stays_in_its_thread {
    use tenantry::prelude::*;

    #[derive(Column)]
    pub struct Cache(i64);

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

    #[derive(Column)]
    pub struct Cache(i64);

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

    #[derive(Column)]
    pub struct Cache(i64);

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Option<Cache>,
    }
}

mod key_that_is_a_struct {
    use tenantry::prelude::*;

    #[derive(Column, Clone, Debug, PartialEq)]
    pub struct Name(i64);

    #[tenant_model]
    pub struct Thing {
        #[field(key, given)]
        pub id: Name,
    }
}

mod key_that_is_a_map {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key, given)]
        pub id: i64,
    }
}

mod key_that_is_a_document {
    use tenantry::prelude::*;

    #[derive(serde::Serialize, serde::Deserialize, Clone, Debug, PartialEq)]
    pub struct Name;

    #[tenant_model]
    pub struct Thing {
        #[field(key, given)]
        pub id: Json<Name>,
    }
}

mod key_that_can_be_null {
    use tenantry::prelude::*;

    type Number = i64;

    #[tenant_model]
    pub struct Thing {
        #[field(key, given)]
        pub id: Number,
    }
}

fn main() {}
