//! Embedded structs that may not be there.

mod nothing_in_it {
    use tenantry::prelude::*;

    #[derive(Embedded)]
    pub struct Address {
        pub street: Option<String>,
        pub city: String,
    }

    #[tenant_model]
    pub struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(embed)]
        pub billing: Option<Address>,
    }
}

mod default_in_sql {
    use tenantry::prelude::*;

    #[derive(Embedded)]
    pub struct Visit {
        pub path: String,
        #[field(default = sql("now()"))]
        pub at: Timestamp,
    }

    #[tenant_model]
    pub struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(embed)]
        pub visit: Visit,
    }
}

mod default_that_only_the_database_reads {
    use tenantry::prelude::*;

    #[derive(Embedded)]
    pub struct Visit {
        pub path: String,
        pub on: Date,
    }

    #[tenant_model]
    pub struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(embed)]
        pub visit: Option<Visit>,
    }
}

mod time_of_the_insert {
    use tenantry::prelude::*;

    #[derive(Embedded)]
    pub struct Audit {
        pub by: String,
        pub made_at: Timestamp,
    }

    #[tenant_model]
    pub struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(embed)]
        pub audit: Option<Audit>,
    }
}

mod time_of_the_write {
    use tenantry::prelude::*;

    #[derive(Embedded)]
    pub struct Audit {
        pub by: String,
        #[field(auto_now)]
        pub changed_at: Timestamp,
    }

    #[tenant_model]
    pub struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(embed)]
        pub audit: Audit,
    }
}

mod version_of_what_is_not_there {
    use tenantry::prelude::*;

    #[derive(Embedded)]
    pub struct Audit {
        pub by: String,
        #[field(version)]
        pub version: i64,
    }

    #[tenant_model]
    pub struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(embed)]
        pub audit: Audit,
    }
}

mod time_of_the_delete {
    use tenantry::prelude::*;

    #[derive(Embedded)]
    pub struct Audit {
        pub by: String,
        #[field(soft_delete)]
        pub deleted_at: Option<Timestamp>,
    }

    #[tenant_model]
    pub struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(embed)]
        pub audit: Audit,
    }
}

mod computed {
    use tenantry::prelude::*;

    #[derive(Embedded)]
    pub struct Address {
        pub city: String,
        #[field(generated = "lower(city)")]
        pub folded: String,
    }

    #[tenant_model]
    pub struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(embed)]
        pub billing: Address,
    }
}

mod twice_an_option {
    use tenantry::prelude::*;

    #[derive(Embedded)]
    pub struct Address {
        pub city: String,
    }

    #[tenant_model]
    pub struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(embed)]
        pub billing: Option<Address>,
    }
}

mod one_column {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Customer {
        #[field(key)]
        pub id: i64,
        pub city: String,
    }
}

mod nothing_within {
    use tenantry::prelude::*;

    #[derive(Embedded)]
    pub struct Place {
        pub latitude: f64,
    }

    #[derive(Embedded)]
    pub struct Address {
        pub city: String,
        #[field(embed)]
        pub place: Option<Place>,
    }
}

mod nothing_but_what_may_not_be_there {
    use tenantry::prelude::*;

    #[derive(Embedded)]
    pub struct Place {
        pub latitude: f64,
    }

    #[derive(Embedded)]
    pub struct Address {
        pub city: Option<String>,
        #[field(embed)]
        pub place: Place,
    }

    #[tenant_model]
    pub struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(embed)]
        pub billing: Option<Address>,
    }
}

mod columns_twice_within {
    use tenantry::prelude::*;

    #[derive(Embedded)]
    pub struct Place {
        pub city: String,
    }

    #[derive(Embedded)]
    pub struct Address {
        pub city: String,
        #[field(embed)]
        pub place: Place,
    }
}

fn main() {}
