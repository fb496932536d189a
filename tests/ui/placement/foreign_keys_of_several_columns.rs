use tenantry::prelude::*;

#[shared_model]
pub struct User {
    #[field(key)]
    pub id: i64,
}

#[tenant_model]
pub struct Team {
    #[field(key)]
    pub id: i64,
}

#[tenant_model]
pub struct Membership {
    #[field(key)]
    pub user: Fk<User>,
    #[field(key)]
    pub team: Fk<Team>,
}

mod no_model {
    use super::*;

    #[tenant_model(foreign_key(user, team))]
    pub struct Post {
        #[field(key)]
        pub id: i64,
        pub user: Fk<User>,
        pub team: Fk<Team>,
    }
}

mod no_field {
    use super::*;

    #[tenant_model(foreign_key(references = Membership))]
    pub struct Post {
        #[field(key)]
        pub id: i64,
        pub user: Fk<User>,
        pub team: Fk<Team>,
    }
}

mod one_field {
    use super::*;

    #[tenant_model(foreign_key(team, references = Team))]
    pub struct Post {
        #[field(key)]
        pub id: i64,
        pub user: Fk<User>,
        pub team: Fk<Team>,
    }
}

mod a_field_that_there_is_not {
    use super::*;

    #[tenant_model(foreign_key(user, tema, references = Membership))]
    pub struct Post {
        #[field(key)]
        pub id: i64,
        pub user: Fk<User>,
        pub team: Fk<Team>,
    }
}

mod a_field_twice {
    use super::*;

    #[tenant_model(foreign_key(user, user, team, references = Membership))]
    pub struct Post {
        #[field(key)]
        pub id: i64,
        pub user: Fk<User>,
        pub team: Fk<Team>,
    }
}

mod another_order {
    use super::*;

    #[tenant_model(foreign_key(team, user, references = Membership))]
    pub struct Post {
        #[field(key)]
        pub id: i64,
        pub user: Fk<User>,
        pub team: Fk<Team>,
    }
}

mod another_type {
    use super::*;

    #[tenant_model(foreign_key(user, team, references = Membership))]
    pub struct Post {
        #[field(key)]
        pub id: i64,
        pub user: Fk<User>,
        pub team: i64,
    }
}

mod too_few_fields_of_the_key {
    use super::*;

    #[tenant_model(foreign_key(user, team, id, references = Membership))]
    pub struct Post {
        #[field(key)]
        pub id: i64,
        pub user: Fk<User>,
        pub team: Fk<Team>,
    }
}

mod a_key_of_one_column {
    use super::*;

    #[tenant_model(foreign_key(user, team, references = Team))]
    pub struct Post {
        #[field(key)]
        pub id: i64,
        pub user: Fk<User>,
        pub team: Fk<Team>,
    }
}

mod null_on_delete_of_what_is_never_null {
    use super::*;

    #[tenant_model(foreign_key(user, team, references = Membership, on_delete = "set_null"))]
    pub struct Post {
        #[field(key)]
        pub id: i64,
        pub user: Fk<User>,
        pub team: Fk<Team>,
    }
}

mod an_unknown_argument {
    use super::*;

    #[tenant_model(foreign_key(user, team, references = Membership, on_update = "cascade"))]
    pub struct Post {
        #[field(key)]
        pub id: i64,
        pub user: Fk<User>,
        pub team: Fk<Team>,
    }
}

mod an_unknown_action {
    use super::*;

    #[tenant_model(foreign_key(user, team, references = Membership, on_delete = "casade"))]
    pub struct Post {
        #[field(key)]
        pub id: i64,
        pub user: Fk<User>,
        pub team: Fk<Team>,
    }
}

mod what_is_no_model {
    use super::*;

    #[tenant_model(foreign_key(user, team, references = String))]
    pub struct Post {
        #[field(key)]
        pub id: i64,
        pub user: Fk<User>,
        pub team: Fk<Team>,
    }
}

mod no_parentheses {
    use super::*;

    #[tenant_model(foreign_key)]
    pub struct Post {
        #[field(key)]
        pub id: i64,
        pub user: Fk<User>,
        pub team: Fk<Team>,
    }
}

mod shared_to_tenant {
    use super::*;

    #[shared_model(foreign_key(user, number, references = Membership))]
    pub struct Post {
        #[field(key)]
        pub id: i64,
        pub user: Fk<User>,
        pub number: i64,
    }
}

fn main() {}
