//! Traits where types belong.

mod by_name {
    use std::fmt::Display;
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Display,
    }
}

mod by_path {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: std::fmt::Display,
    }
}

mod or_nothing {
    use std::fmt::Display;
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Option<Display>,
    }
}

mod with_an_associated_type {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Iterator<Item = i64>,
    }
}

mod boxed {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Box<Iterator<Item = i64>>,
    }
}

fn main() {}
