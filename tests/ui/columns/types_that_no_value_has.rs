//! Types that no value has: traits of functions, and the type of what never returns.

mod function {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Fn(u8),
    }
}

mod boxed_function {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Box<Fn(u8) -> u8>,
    }
}

mod never {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: !,
    }
}

mod never_or_nothing {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Option<!>,
    }
}

fn main() {}
