//! An attribute of a model with a value in place of arguments.

mod text {
    use tenantry::prelude::*;

    #[tenant_model = "people"]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub name: String,
    }
}

mod shared {
    use tenantry::prelude::*;

    #[shared_model = "people"]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub name: String,
    }
}

mod text_in_parentheses {
    use tenantry::prelude::*;

    #[tenant_model("people")]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub name: String,
    }
}

fn main() {}
