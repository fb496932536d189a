//! Arguments that a view has not.

mod no_query {
    use tenantry::prelude::*;

    #[tenant_view]
    pub struct Recent {
        pub id: i64,
    }
}

mod table {
    use tenantry::prelude::*;

    #[tenant_view(table = "recents", sql = "SELECT 1::bigint AS id")]
    pub struct Recent {
        pub id: i64,
    }
}

mod former_name {
    use tenantry::prelude::*;

    #[tenant_view(was = "latest", sql = "SELECT 1::bigint AS id")]
    pub struct Recent {
        pub id: i64,
    }
}

mod name_that_needs_quotes {
    use tenantry::prelude::*;

    #[tenant_view(name = "Most Recent", sql = "SELECT 1::bigint AS id")]
    pub struct Recent {
        pub id: i64,
    }
}

mod default {
    use tenantry::prelude::*;

    #[tenant_view(sql = "SELECT 1::bigint AS id")]
    pub struct Recent {
        #[field(default = 5)]
        pub id: i64,
    }
}

mod placed_again {
    use tenantry::prelude::*;

    #[tenant_view(sql = "SELECT 1::bigint AS id")]
    #[shared_view(sql = "SELECT 1::bigint AS id")]
    pub struct Recent {
        pub id: i64,
    }
}

mod table_too {
    use tenantry::prelude::*;

    #[tenant_view(sql = "SELECT 1::bigint AS id")]
    #[tenant_model]
    pub struct Recent {
        #[field(key)]
        pub id: i64,
    }
}

mod of_an_enum {
    use tenantry::prelude::*;

    #[tenant_view(sql = "SELECT 1::bigint AS id")]
    pub enum Recent {
        Id,
    }
}

fn main() {}
