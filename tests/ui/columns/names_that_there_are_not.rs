//! Types that are not in scope, each told once however often a model repeats it.

mod alone {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Name,
    }
}

mod in_a_path {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: names::Name,
    }
}

mod referenced {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Fk<Name>,
    }
}

mod referenced_and_seen_from_there {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(inverse = "things")]
        pub value: Fk<Name>,
    }
}

mod optional {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Option<Name>,
    }
}

mod optional_reference {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Option<Fk<Name>>,
    }
}

mod in_a_list {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Vec<Name>,
    }
}

mod in_json {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Json<Name>,
    }
}

mod as_a_key {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: Name,
    }
}

mod as_a_time {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(auto_now)]
        pub at: Name,
    }
}

mod in_a_shared_model {
    use tenantry::prelude::*;

    #[shared_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value_id: Name,
    }
}

mod used {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Name,
    }

    fn used(acme: &mut TenantScope) -> tenantry::Result<()> {
        Thing::insert(NewThing::new("a")).execute(acme)?;
        let mut found = Thing::query().filter(Thing::VALUE.eq("b")).one(acme)?;
        found.save(acme)
    }
}

fn main() {}
