use tenantry::prelude::*;

fn is_email(email: &str) -> Result<(), &'static str> {
    if email.contains('@') {
        Ok(())
    } else {
        Err("no @")
    }
}

mod in_quotes {
    use super::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        #[field(check_with = is_email)]
        pub email: String,
    }
}

mod of_another_type {
    use super::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        #[field(check_with = is_email)]
        pub email: String,
    }
}

mod of_what_is_computed {
    use super::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
        #[field(generated = "lower(email)")]
        pub folded: String,
    }
}

mod of_an_enum {
    use super::*;

    #[derive(Column)]
    pub enum Kind {
        Private,
    }
}

fn main() {}
