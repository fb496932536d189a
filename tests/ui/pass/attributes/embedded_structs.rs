//! Embedded structs, and models that have them.

mod key_inside {
    use tenantry::prelude::*;

    #[derive(Embedded)]
    pub struct Address {
        pub id: i64,
        pub city: String,
    }

    #[tenant_model]
    pub struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(embed)]
        pub billing: Address,
    }

    pub fn uses(row: Customer) -> String {
        row.billing.city
    }
}

mod inverse_inside {
    use tenantry::prelude::*;

    #[shared_model]
    pub struct Country {
        #[field(key)]
        pub id: i64,
    }

    #[derive(Embedded)]
    pub struct Address {
        pub country: Fk<Country>,
    }
}

mod check_of_another_column {
    use tenantry::prelude::*;

    #[derive(Embedded)]
    pub struct Address {
        #[field(check = "length(city) > 1")]
        pub city: String,
    }
}

mod no_names {
    use tenantry::prelude::*;

    #[derive(Embedded)]
    pub struct Address {
        pub city: String,
    }
}

mod one_of_several {
    use tenantry::prelude::*;

    #[derive(Embedded)]
    pub struct Address {
        pub city: String,
    }
}

mod parameters {
    use tenantry::prelude::*;

    #[derive(Embedded)]
    pub struct Address {
        pub city: String,
    }
}

mod arguments_of_a_column {
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
        pub billing: Address,
    }
}

mod columns_twice {
    use tenantry::prelude::*;

    #[derive(Embedded)]
    pub struct Address {
        pub city: String,
    }

    #[tenant_model]
    pub struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(embed, prefix = "")]
        pub billing: Address,
        #[field(embed)]
        pub home: Address,
    }
}

mod two_versions {
    use tenantry::prelude::*;

    #[derive(Embedded)]
    pub struct Audit {
        #[field(version)]
        pub version: i64,
    }

    #[tenant_model]
    pub struct Customer {
        #[field(key)]
        pub id: i64,
        pub writes: i64,
        #[field(embed, prefix = "")]
        pub audit: Audit,
    }
}

mod prefix_that_needs_quotes {
    use tenantry::prelude::*;

    #[derive(Embedded)]
    pub struct Address {
        pub city: String,
    }

    #[tenant_model]
    pub struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(embed, prefix = "bill_to_")]
        pub billing: Address,
    }
}

mod prefix_of_one_column {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(column = "bill_city")]
        pub city: String,
    }
}

mod called_as_a_column {
    use tenantry::prelude::*;

    #[derive(Embedded)]
    pub struct City {
        pub city: String,
    }

    #[tenant_model]
    pub struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(embed, prefix = "")]
        pub place: City,
    }
}

mod versions_of_the_shared_schema {
    use tenantry::prelude::*;

    #[derive(Embedded)]
    pub struct Address {
        pub floor: Option<String>,
    }

    #[shared_model]
    pub struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(embed)]
        pub billing: Address,
    }
}

fn main() {}
