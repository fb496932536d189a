//! Names and labels that something else has, or that can be none.

mod index_called_as_its_table {
    use tenantry::prelude::*;

    #[tenant_model(index(code, name = "by_code"))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
        pub made: Timestamp,
    }
}

mod check_called_as_the_key {
    use tenantry::prelude::*;

    #[tenant_model(check(name = "positive", "total > 0"))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
        pub made: Timestamp,
    }
}

mod label_with_a_nul {
    use tenantry::prelude::*;

    #[derive(Column)]
    pub enum State {
        Draft,
        #[column(rename = "a")]
        Sent,
    }
}

mod argument_without_a_name {
    use tenantry::prelude::*;

    #[tenant_model(table = "things")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
        pub made: Timestamp,
    }
}

mod capital_letters_twice {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(column = "total")]
        pub value: i64,
    }
}

mod inverse_called_as_a_column {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Parent {
        #[field(key)]
        pub id: i64,
        pub name: String,
    }

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(inverse = "firsts")]
        pub first: Fk<Parent>,
        #[field(inverse = "seconds")]
        pub second: Fk<Parent>,
    }
}

mod two_inverses_of_one_name {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Parent {
        #[field(key)]
        pub id: i64,
        pub name: String,
    }

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(inverse = "firsts")]
        pub first: Fk<Parent>,
        #[field(inverse = "seconds")]
        pub second: Fk<Parent>,
    }
}

mod field_twice {
    use tenantry::prelude::*;

    #[tenant_model(index(code))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
        pub made: Timestamp,
    }
}

fn main() {}
