//! Arguments of fields by the names that other libraries give them.

mod nullable {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(nullable)]
        pub value: String,
    }
}

mod null {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(null)]
        pub value: String,
    }
}

mod not_null {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(not_null)]
        pub value: String,
    }
}

mod auto_increment {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Parent {
        #[field(key, auto_increment)]
        pub id: i64,
    }
}

mod primary_key {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Parent {
        #[field(key, primary_key)]
        pub id: i64,
    }
}

mod pk {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Parent {
        #[field(key, pk)]
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
        #[field(foreign_key)]
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
        #[field(references = "parents")]
        pub value: Fk<Parent>,
    }
}

mod sql_type {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(type = "varchar(40)")]
        pub value: String,
    }
}

mod varchar {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(varchar = 40)]
        pub value: String,
    }
}

mod length {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(length = 40)]
        pub value: String,
    }
}

mod db_index {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(db_index)]
        pub value: String,
    }
}

mod db_column {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(db_column = "code")]
        pub value: String,
    }
}

mod default_value {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default_value = 5)]
        pub value: i32,
    }
}

mod server_default {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(server_default = "now()")]
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
        #[field(related_name = "things")]
        pub value: Fk<Parent>,
    }
}

mod updated_at {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(updated_at)]
        pub value: Timestamp,
    }
}

mod created_at {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(created_at)]
        pub value: Timestamp,
    }
}

mod decimal_places {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(precision = 12, decimal_places = 2)]
        pub value: Decimal,
    }
}

mod max_digits {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(max_digits = 12)]
        pub value: Decimal,
    }
}

mod lock_version {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(lock_version)]
        pub value: i64,
    }
}

mod choices {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(choices = "draft,sent")]
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
        #[field(on_update = "cascade")]
        pub value: Fk<Parent>,
    }
}

mod validate {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(validate = "value > 0")]
        pub value: i32,
    }
}

mod table_above_a_field {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(table = "things")]
        pub value: i32,
    }
}

mod help_text {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(help_text = "What it is.")]
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
        #[field(on_delete = "CASCADE")]
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
        #[field(on_delete = "SET NULL")]
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
        #[field(on_delete = "DO_NOTHING")]
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
        #[field(on_delete = "protect")]
        pub value: Fk<Parent>,
    }
}

fn main() {}
