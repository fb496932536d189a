//! Views where they can't see, and references where there is no table.

mod shared_reads_a_tenants_table {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Note {
        #[field(key)]
        pub id: i64,
    }

    #[shared_view(sql = "SELECT n.id FROM {Note} n")]
    pub struct Recent {
        pub id: i64,
    }
}

mod shared_reads_a_tenants_name {
    use tenantry::prelude::*;

    #[shared_view(sql = "SELECT n.id FROM \"{tenant}\".notes n")]
    pub struct Recent {
        pub id: i64,
    }
}

mod shared_references_a_tenants_view {
    use tenantry::prelude::*;

    #[tenant_view(sql = "SELECT 1::bigint AS id")]
    pub struct Recent {
        #[field(key)]
        pub id: i64,
    }

    #[shared_model]
    pub struct Star {
        #[field(key)]
        pub id: i64,
        pub of: Fk<Recent>,
    }
}

mod table_references_a_view {
    use tenantry::prelude::*;

    #[tenant_view(sql = "SELECT 1::bigint AS id")]
    pub struct Recent {
        #[field(key)]
        pub id: i64,
    }

    #[tenant_model]
    pub struct Star {
        #[field(key)]
        pub id: i64,
        pub of: Option<Fk<Recent>>,
    }
}

mod view_references_one_without_a_key {
    use tenantry::prelude::*;

    #[tenant_view(sql = "SELECT 1::bigint AS id")]
    pub struct Recent {
        pub id: i64,
    }

    #[tenant_view(sql = "SELECT 1::bigint AS of")]
    pub struct Star {
        pub of: Fk<Recent>,
    }
}

fn main() {}
