mod a_part_that_is_said_to_be_given {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Membership {
        #[field(key)]
        pub user: i64,
        #[field(key, given)]
        pub team: i64,
    }
}

mod a_part_that_is_unique {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Membership {
        #[field(key)]
        pub user: i64,
        #[field(key, unique)]
        pub team: i64,
    }
}

mod an_index_of_the_first_part {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Membership {
        #[field(key, index)]
        pub user: i64,
        #[field(key)]
        pub team: i64,
    }
}

mod a_part_that_can_be_null {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Membership {
        #[field(key)]
        pub user: i64,
        #[field(key)]
        pub team: Option<i64>,
    }
}

mod a_part_that_counts_updates {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Membership {
        #[field(key)]
        pub user: i64,
        #[field(key, version)]
        pub version: i64,
    }
}

mod a_tenant_with_two_keys {
    use tenantry::prelude::*;

    #[shared_model(tenant)]
    pub struct Account {
        #[field(key)]
        pub key: TenantKey,
        #[field(key)]
        pub number: i64,
    }
}

mod more_parts_than_a_key_has {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Cell {
        #[field(key)]
        pub a: i16,
        #[field(key)]
        pub b: i16,
        #[field(key)]
        pub c: i16,
        #[field(key)]
        pub d: i16,
        #[field(key)]
        pub e: i16,
        #[field(key)]
        pub f: i16,
        #[field(key)]
        pub g: i16,
        #[field(key)]
        pub h: i16,
        #[field(key)]
        pub i: i16,
    }
}

fn main() {}
