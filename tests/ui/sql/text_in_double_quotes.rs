use tenantry::prelude::*;

use tenantry::sql;

#[tenant_model]
pub struct User {
    #[field(key)]
    pub id: i64,
    pub email: String,
}

mod after_a_slot {
    use super::*;

    pub fn statement() {
        let _ = sql!("SELECT {User.id} FROM {User} WHERE {User.email} = \"ann\"");
    }
}

mod after_a_column {
    use super::*;

    pub fn statement() {
        let _ = sql!(r#"SELECT {User.id} FROM {User} WHERE email = "ann@x.example""#);
    }
}

mod in_a_list {
    use super::*;

    pub fn statement() {
        let _ = sql!(r#"SELECT {User.id} FROM {User} WHERE {User.email} IN ("ann", "bob")"#);
    }
}

mod as_a_value {
    use super::*;

    pub fn statement() {
        let _ = sql!(r#"INSERT INTO {User} (email) VALUES ("ann")"#);
    }
}

mod as_a_pattern {
    use super::*;

    pub fn statement() {
        let _ = sql!(r#"SELECT {User.id} FROM {User} WHERE {User.email} LIKE "ann%""#);
    }
}

fn main() {}
