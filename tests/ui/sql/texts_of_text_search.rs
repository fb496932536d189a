//! Texts that name configurations, dictionaries and parsers of text search in other schemas.

mod configuration {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT to_tsvector('acme.german', {User.email}) FROM {User}");
    }
}

mod configuration_of_a_query {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT {User.id} FROM {User} WHERE $1::tsvector @@ to_tsquery('acme.german', $2)");
    }
}

mod headline {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT ts_headline('acme.german', {User.email}, $1::tsquery) FROM {User}");
    }
}

mod dictionary {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT ts_lexize('acme.stems', {User.email}) FROM {User}");
    }
}

mod parser {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT * FROM ts_parse('acme.words', 'a b')");
    }
}

mod configuration_by_cast {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT 'acme.german'::regconfig");
    }
}

mod dictionary_by_cast {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT CAST('acme.stems' AS regdictionary)");
    }
}

mod configuration_with_quotes {
    use tenantry::prelude::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
    }

    pub fn run() {
        let _ = tenantry::sql!("SELECT plainto_tsquery('\"acme\".german', $1)");
    }
}

fn main() {}
