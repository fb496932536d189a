//! Models in which a field has the type of the model itself.

mod by_self {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub parent: Option<Fk<Self>>,
    }
}

mod by_name {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub parent: Option<Fk<Thing>>,
    }
}

mod or_nothing {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub parent: Option<Fk<Self>>,
    }
}

mod as_the_key {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
    }
}

fn main() {}
