//! Signs and slots that mean nothing in a statement.

mod constant_of_a_column {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT {User.email} FROM {User}");
    }
}

mod value_in_braces {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT {User.id} FROM {User} WHERE {User.id} = $1");
    }
}

mod braces_that_are_left {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT {User.id} FROM {User} WHERE {User.id} = $1");
    }
}

mod backticks {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT \"id\" FROM {User}");
    }
}

mod parameter_in_quotes {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT {User.id} FROM {User} WHERE {User.email} = $1");
    }
}

mod parameter_in_a_pattern {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ =
            tenantry::sql!("SELECT {User.id} FROM {User} WHERE {User.email} LIKE '%' || $1 || '%'");
    }
}

mod at_sign {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT {User.id} FROM {User} WHERE {User.id} = $1");
    }
}

fn main() {}
