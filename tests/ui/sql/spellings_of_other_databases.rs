//! SQL as other databases spell it, slots as Rust spells something else, and statements that are not whole.

mod compared_as_in_rust {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
        pub age: Option<i32>,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT {User.id} FROM {User} WHERE {User.age} == 5");
    }
}

mod equal_to_null {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
        pub age: Option<i32>,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT {User.id} FROM {User} WHERE {User.age} = NULL");
    }
}

mod different_from_null {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
        pub age: Option<i32>,
    }

    pub fn run() {
        let _ = tenantry::sql!("UPDATE {User} SET age = NULL WHERE age <> NULL");
    }
}

mod list_in_a_parameter {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
        pub age: Option<i32>,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT {User.id} FROM {User} WHERE {User.id} IN $1");
    }
}

mod no_list_in_a_parameter {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
        pub age: Option<i32>,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT {User.id} FROM {User} WHERE {User.id} NOT IN $1");
    }
}

mod limit_of_two_numbers {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
        pub age: Option<i32>,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT {User.id} FROM {User} LIMIT 10, 5");
    }
}

mod top {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
        pub age: Option<i32>,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT TOP 5 {User.id} FROM {User}");
    }
}

mod insert_ignore {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
        pub age: Option<i32>,
    }

    pub fn run() {
        let _ = tenantry::sql!("INSERT IGNORE INTO {User} (email) VALUES ($1)");
    }
}

mod on_duplicate_key {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
        pub age: Option<i32>,
    }

    pub fn run() {
        let _ = tenantry::sql!("INSERT INTO {User} (id, email) VALUES ($1, $2) ON DUPLICATE KEY UPDATE email = $2");
    }
}

mod comma_that_is_left {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
        pub age: Option<i32>,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT {User.id}, FROM {User}");
    }
}

mod condition_that_is_left {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
        pub age: Option<i32>,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT {User.id} FROM {User} WHERE");
    }
}

mod conjunction_that_is_left {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
        pub age: Option<i32>,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT {User.id} FROM {User} WHERE {User.age} = 5 AND");
    }
}

mod parenthesis_that_is_not_closed {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
        pub age: Option<i32>,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT {User.id} FROM {User} WHERE ({User.age} = 5");
    }
}

mod parenthesis_that_was_not_opened {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
        pub age: Option<i32>,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT {User.id} FROM {User} WHERE {User.age} = 5)");
    }
}

mod constant_of_a_field {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
        pub age: Option<i32>,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT {User.ID} FROM {User}");
    }
}

mod model_in_small_letters {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
        pub age: Option<i32>,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT * FROM {user}");
    }
}

fn main() {}
