//! Arguments of fields by the names that other libraries give them.

mod nullable {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Option<String>,
    }
}

mod null {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Option<String>,
    }
}

mod not_null {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: String,
    }
}

mod auto_increment {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Parent {
        #[field(key)]
        pub id: i64,
    }
}

mod primary_key {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Parent {
        #[field(key)]
        pub id: i64,
    }
}

mod pk {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Parent {
        #[field(key)]
        pub id: i64,
    }
}

mod foreign_key {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Parent {
        #[field(key)]
        pub id: i64,
    }

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Fk<Parent>,
    }
}

mod references {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Parent {
        #[field(key)]
        pub id: i64,
    }

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Fk<Parent>,
    }
}

mod sql_type {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(max_length = 40)]
        pub value: String,
    }
}

mod varchar {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(max_length = 40)]
        pub value: String,
    }
}

mod length {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(max_length = 40)]
        pub value: String,
    }
}

mod db_index {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(index)]
        pub value: String,
    }
}

mod db_column {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(column = "code")]
        pub value: String,
    }
}

mod default_value {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = 5)]
        pub value: i32,
    }
}

mod server_default {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = sql("now()"))]
        pub value: Timestamp,
    }
}

mod related_name {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Parent {
        #[field(key)]
        pub id: i64,
    }

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(inverse = "things")]
        pub value: Fk<Parent>,
    }
}

mod updated_at {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(auto_now)]
        pub value: Timestamp,
    }
}

mod created_at {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(auto_now_add)]
        pub value: Timestamp,
    }
}

mod decimal_places {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(precision = 12, scale = 2)]
        pub value: Decimal,
    }
}

mod max_digits {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(precision = 12)]
        pub value: Decimal,
    }
}

mod lock_version {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(version)]
        pub value: i64,
    }
}

mod choices {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(check = "value IN ('draft', 'sent')")]
        pub value: String,
    }
}

mod on_update {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Parent {
        #[field(key)]
        pub id: i64,
    }

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: Fk<Parent>,
    }
}

mod validate {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(check = "value > 0")]
        pub value: i32,
    }
}

mod table_above_a_field {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: i32,
    }
}

mod help_text {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        pub value: i32,
    }
}

mod capital_cascade {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Parent {
        #[field(key)]
        pub id: i64,
    }

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(on_delete = "cascade")]
        pub value: Fk<Parent>,
    }
}

mod set_null_in_two_words {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Parent {
        #[field(key)]
        pub id: i64,
    }

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(on_delete = "set_null")]
        pub value: Option<Fk<Parent>>,
    }
}

mod do_nothing {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Parent {
        #[field(key)]
        pub id: i64,
    }

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(on_delete = "no_action")]
        pub value: Fk<Parent>,
    }
}

mod protect {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Parent {
        #[field(key)]
        pub id: i64,
    }

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(on_delete = "restrict")]
        pub value: Fk<Parent>,
    }
}
