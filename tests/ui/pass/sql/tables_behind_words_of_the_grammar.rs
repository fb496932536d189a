//! Tables by name behind words that are functions, or begin clauses, elsewhere.

mod alias_called_as_a_function {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub name: String,
    }

    pub fn run() {
        let _ = tenantry::sql!(
            "INSERT INTO {User} AS overlay (SELECT globex.name FROM {User} AS globex)"
        );
    }
}

mod alias_with_two_queries {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub name: String,
    }

    pub fn run() {
        let _ = tenantry::sql!(
            "INSERT INTO {User} AS trim ((SELECT name FROM {User}) UNION SELECT globex.name FROM {User} AS globex)"
        );
    }
}

mod list_behind_a_case {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub name: String,
    }

    pub fn run() {
        let _ = tenantry::sql!(
            "SELECT globex.name FROM {User} AS a JOIN {User} AS b ON CASE WHEN a.id = 1 THEN true END, {User} AS globex"
        );
    }
}

mod schema_called_as_a_word {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub name: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT rows.name FROM {User} AS rows");
    }
}

fn main() {}
