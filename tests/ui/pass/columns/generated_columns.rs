use tenantry::prelude::*;

mod of_an_unknown_column {
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

mod of_another {
    use super::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub email: String,
        #[field(generated = "lower(email)")]
        pub folded: String,
        #[field(generated = "left(lower(email), 1)")]
        pub letter: String,
    }
}

mod of_itself {
    use super::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        #[field(generated = "id + 1")]
        pub count: i64,
    }
}

mod of_what_changes {
    use super::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub born: Date,
        #[field(generated = "born < date '2000-01-01'")]
        pub is_born: bool,
    }
}

mod of_a_setting {
    use super::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub first: String,
        pub last: String,
        #[field(generated = "first || ' ' || last")]
        pub name: String,
    }
}

mod of_nothing {
    use super::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        #[field(generated = "id::text")]
        pub name: String,
    }
}

mod of_rows {
    use super::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        #[field(generated = "1")]
        pub one: i32,
    }
}

mod with_a_default {
    use super::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub net: i64,
        #[field(generated = "net * 2")]
        pub gross: i64,
    }
}

mod as_a_key {
    use super::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub net: i64,
    }
}

mod that_a_delete_sets {
    use super::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub number: i64,
        #[field(generated = "nullif(number, 0)", on_delete = "cascade")]
        pub parent: Option<Fk<User>>,
    }
}

mod in_other_words {
    use super::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub net: i64,
        #[field(generated = "net * 2")]
        pub gross: i64,
    }
}

mod above_the_struct {
    use super::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub net: i64,
    }
}

mod given_to_a_new_row {
    use super::*;

    #[tenant_model]
    pub struct User {
        #[field(key)]
        pub id: i64,
        pub net: i64,
        #[field(generated = "net * 2")]
        pub gross: i64,
    }

    pub fn new() -> NewUser {
        NewUser::new(1)
    }
}

fn main() {}
