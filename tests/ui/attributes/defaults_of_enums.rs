//! Defaults that are no label of an enum.

mod mistyped {
    use tenantry::prelude::*;

    #[derive(Column)]
    pub enum State {
        Draft,
        Sent,
    }

    #[derive(Column)]
    #[column(rename_all = "UPPERCASE")]
    pub enum Kind {
        Card,
        Transfer,
    }

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "draf")]
        pub value: State,
    }
}

mod of_another_enum {
    use tenantry::prelude::*;

    #[derive(Column)]
    pub enum State {
        Draft,
        Sent,
    }

    #[derive(Column)]
    #[column(rename_all = "UPPERCASE")]
    pub enum Kind {
        Card,
        Transfer,
    }

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "CARD")]
        pub value: State,
    }
}

mod as_the_variant_is_written {
    use tenantry::prelude::*;

    #[derive(Column)]
    pub enum State {
        Draft,
        Sent,
    }

    #[derive(Column)]
    #[column(rename_all = "UPPERCASE")]
    pub enum Kind {
        Card,
        Transfer,
    }

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "Draft")]
        pub value: State,
    }
}

mod in_another_case {
    use tenantry::prelude::*;

    #[derive(Column)]
    pub enum State {
        Draft,
        Sent,
    }

    #[derive(Column)]
    #[column(rename_all = "UPPERCASE")]
    pub enum Kind {
        Card,
        Transfer,
    }

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "card")]
        pub value: Kind,
    }
}

mod number {
    use tenantry::prelude::*;

    #[derive(Column)]
    pub enum State {
        Draft,
        Sent,
    }

    #[derive(Column)]
    #[column(rename_all = "UPPERCASE")]
    pub enum Kind {
        Card,
        Transfer,
    }

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = 1)]
        pub value: State,
    }
}

mod optional {
    use tenantry::prelude::*;

    #[derive(Column)]
    pub enum State {
        Draft,
        Sent,
    }

    #[derive(Column)]
    #[column(rename_all = "UPPERCASE")]
    pub enum Kind {
        Card,
        Transfer,
    }

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "gone")]
        pub value: Option<State>,
    }
}

mod longer_than_the_bound {
    use tenantry::prelude::*;

    #[derive(Column)]
    pub enum State {
        Draft,
        Sent,
    }

    #[derive(Column)]
    #[column(rename_all = "UPPERCASE")]
    pub enum Kind {
        Card,
        Transfer,
    }

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "TRANSFER", max_length = 4)]
        pub value: Kind,
    }
}

mod item_of_an_array {
    use tenantry::prelude::*;

    #[derive(Column)]
    pub enum State {
        Draft,
        Sent,
    }

    #[tenant_model]
    pub struct Thing {
        #[field(key)]
        pub id: i64,
        #[field(default = "{draft,snet}")]
        pub states: Vec<State>,
    }
}

fn main() {}
