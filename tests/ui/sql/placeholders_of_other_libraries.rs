//! Placeholders that are none of PostgreSQL.

mod question_mark {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    #[shared_model]
    pub struct Plan {
        #[field(key)]
        pub id: i64,
        pub code: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT 1 FROM {User} WHERE {User.id} = ?");
    }
}

mod question_marks_in_a_list {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    #[shared_model]
    pub struct Plan {
        #[field(key)]
        pub id: i64,
        pub code: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("INSERT INTO {User} ({User.email}) VALUES (?)");
    }
}

mod name {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    #[shared_model]
    pub struct Plan {
        #[field(key)]
        pub id: i64,
        pub code: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT 1 FROM {User} WHERE {User.id} = :id");
    }
}

mod number {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    #[shared_model]
    pub struct Plan {
        #[field(key)]
        pub id: i64,
        pub code: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT 1 FROM {User} WHERE {User.id} = :1");
    }
}

mod percent {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    #[shared_model]
    pub struct Plan {
        #[field(key)]
        pub id: i64,
        pub code: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT 1 FROM {User} WHERE {User.id} = %s");
    }
}

mod name_with_a_dollar {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    #[shared_model]
    pub struct Plan {
        #[field(key)]
        pub id: i64,
        pub code: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT 1 FROM {User} WHERE {User.id} = $id");
    }
}

fn main() {}
