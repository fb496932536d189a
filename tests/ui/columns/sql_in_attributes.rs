//! SQL in attributes that PostgreSQL would refuse when the first tenant is created.

mod unknown_column {
    use tenantry::prelude::*;

    #[tenant_model(check = "totl > 0")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod conditions_joined_as_in_rust {
    use tenantry::prelude::*;

    #[tenant_model(check = "paid && total > 0")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod comparisons_joined_as_in_rust {
    use tenantry::prelude::*;

    #[tenant_model(check = "total > 0 && total < 5")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod alternatives_joined_as_in_rust {
    use tenantry::prelude::*;

    #[tenant_model(check = "total > 0 || total < -5")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod compared_as_in_rust {
    use tenantry::prelude::*;

    #[tenant_model(check = "code == 'a'")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod negated_as_in_rust {
    use tenantry::prelude::*;

    #[tenant_model(check = "!paid")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod semicolon {
    use tenantry::prelude::*;

    #[tenant_model(check = "total > 0;")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod comment {
    use tenantry::prelude::*;

    #[tenant_model(check = "total > 0 -- always")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod open_bracket {
    use tenantry::prelude::*;

    #[tenant_model(check = "(total > 0")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod bracket_that_closes_nothing {
    use tenantry::prelude::*;

    #[tenant_model(check = "total > 0)")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod text_in_double_quotes {
    use tenantry::prelude::*;

    #[tenant_model(check = "code = \"draft\"")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod open_text {
    use tenantry::prelude::*;

    #[tenant_model(check = "code = 'draft")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod function_of_another_schema {
    use tenantry::prelude::*;

    #[tenant_model(check = "acme.valid(code)")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod type_of_another_schema {
    use tenantry::prelude::*;

    #[tenant_model(check = "total::acme.money > 0::acme.money")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod column_of_another_table {
    use tenantry::prelude::*;

    #[tenant_model(check = "plans.total > 0")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod parameter {
    use tenantry::prelude::*;

    #[tenant_model(check = "total > $1")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod sum {
    use tenantry::prelude::*;

    #[tenant_model(check = "sum(total) > 0")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod query {
    use tenantry::prelude::*;

    #[tenant_model(check = "total > (SELECT 0)")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod nothing_on_the_right {
    use tenantry::prelude::*;

    #[tenant_model(check = "total > 0 AND")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod nothing_on_the_left {
    use tenantry::prelude::*;

    #[tenant_model(check = "> 0")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod two_comparisons {
    use tenantry::prelude::*;

    #[tenant_model(check = "0 < total < 5")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod no_operator {
    use tenantry::prelude::*;

    #[tenant_model(check = "total 5")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod two_expressions {
    use tenantry::prelude::*;

    #[tenant_model(check = "total > 0, paid")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod word_of_sql {
    use tenantry::prelude::*;

    #[tenant_model(check = "user = 'a'")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod field_in_place_of_the_column {
    use tenantry::prelude::*;

    #[tenant_model(check = "kind = 'a'")]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(column = "type")]
        pub kind: String,
    }
}

mod in_a_filter {
    use tenantry::prelude::*;

    #[tenant_model(index(code, filter = "NOT payd"))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod in_an_index {
    use tenantry::prelude::*;

    #[tenant_model(index("lower(cod)"))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod in_a_unique {
    use tenantry::prelude::*;

    #[tenant_model(unique("lower(code"))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod in_a_named_check {
    use tenantry::prelude::*;

    #[tenant_model(check(name = "positive", "totl > 0"))]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub code: String,
        pub total: Decimal,
        pub paid: bool,
    }
}

mod in_the_check_of_a_field {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(check = "valeu > 0")]
        pub value: i32,
    }
}

mod column_in_a_default {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = sql("id"))]
        pub value: i64,
    }
}

mod text_without_quotes_in_a_default {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = sql("draft"))]
        pub value: String,
    }
}

mod function_of_another_schema_in_a_default {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = sql("acme.next()"))]
        pub value: Timestamp,
    }
}

fn main() {}
