//! Arguments of models by the names that other libraries give them.

mod table_name {
    use tenantry::prelude::*;

    #[tenant_model(table_name = "goods")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod unique_together {
    use tenantry::prelude::*;

    #[tenant_model(unique_together(code, total))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod indexes {
    use tenantry::prelude::*;

    #[tenant_model(indexes(code))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod schema {
    use tenantry::prelude::*;

    #[tenant_model(schema = "acme")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod primary_key {
    use tenantry::prelude::*;

    #[tenant_model(primary_key(id))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod constraint {
    use tenantry::prelude::*;

    #[tenant_model(constraint = "total > 0")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod belongs_to {
    use tenantry::prelude::*;

    #[tenant_model(belongs_to(Parent))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod ordering {
    use tenantry::prelude::*;

    #[tenant_model(ordering = "code")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod rename_all {
    use tenantry::prelude::*;

    #[tenant_model(rename_all = "camelCase")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod argument_of_a_field {
    use tenantry::prelude::*;

    #[tenant_model(max_length = 40)]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod filter_outside_of_an_index {
    use tenantry::prelude::*;

    #[tenant_model(filter = "paid")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod shared {
    use tenantry::prelude::*;

    #[tenant_model(shared)]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

fn main() {}
