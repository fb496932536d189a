//! Primary keys and references.

use tenantry::model::ModelDef;
use tenantry::prelude::*;

use super::case::{Case, change};

mod before {
    use super::*;

    #[shared_model]
    pub(super) struct Plan {
        #[field(key)]
        pub id: i64,
    }

    #[tenant_model]
    pub(super) struct Person {
        #[field(key)]
        pub id: i32,
        pub number: i64,
    }

    #[tenant_model]
    pub(super) struct Team {
        #[field(key)]
        pub id: i32,
    }

    #[tenant_model]
    pub(super) struct Note {
        #[field(key)]
        pub id: i64,
        pub by: Fk<Person>,
        pub about: Option<Fk<Person>>,
        pub team: i32,
        pub plan: Option<Fk<Plan>>,
    }
}

const REWRITE: &str = "values of another form are written anew, and so is the table";

pub(super) fn given(after: &[&'static ModelDef]) -> Case {
    let before = [
        before::Plan::DEF,
        before::Person::DEF,
        before::Team::DEF,
        before::Note::DEF,
    ];
    let rows = "SELECT concat_ws('|', n.id, by, number, about, team, plan) FROM {t}.notes AS n JOIN {t}.persons AS p ON p.id = by ORDER BY 1";
    Case::new((&before, after), (rows, &["1|1|7|2|1", "2|2|-1|2"]))
        .rows(
            "INSERT INTO {t}.persons (number) VALUES (7), (-1); INSERT INTO {t}.teams SELECT FROM generate_series(1, 3); \
             INSERT INTO {t}.notes (by, about, team) VALUES (1, 2, 1), (2, NULL, 2)",
        )
        .many("persons", "INSERT INTO {t}.persons (number) SELECT n + 10 FROM generate_series(1, 24000) AS n")
        .many("notes", "INSERT INTO {t}.notes (by, about, team) SELECT n, n, 1 + n % 3 FROM generate_series(1, 20000) AS n")
}

change! {
    key_widened
    after [Plan, Person, Team, Note] {
        #[shared_model]
        pub(super) struct Plan {
            #[field(key)]
            pub id: i64,
        }
        #[tenant_model]
        pub(super) struct Person {
            #[field(key)]
            pub id: i64,
            pub number: i64,
        }
        #[tenant_model]
        pub(super) struct Team {
            #[field(key)]
            pub id: i32,
        }
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub by: Fk<Person>,
            pub about: Option<Fk<Person>>,
            pub team: i32,
            pub plan: Option<Fk<Plan>>,
        }
    }
    |case| case.holds_up(REWRITE)
}

change! {
    key_made_uuid
    after [Plan, Person, Team, Note] {
        #[shared_model]
        pub(super) struct Plan {
            #[field(key)]
            pub id: i64,
        }
        #[tenant_model]
        pub(super) struct Person {
            #[field(key)]
            pub id: Uuid,
            pub number: i64,
        }
        #[tenant_model]
        pub(super) struct Team {
            #[field(key)]
            pub id: i32,
        }
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub by: Fk<Person>,
            pub about: Option<Fk<Person>>,
            pub team: i32,
            pub plan: Option<Fk<Plan>>,
        }
    }
    |case| case
        .told(|it| it.accept_loss("persons.id").accept_loss("notes.by").accept_loss("notes.about"))
        .fails("uuid")
}

change! {
    key_given_by_the_application
    after [Plan, Person, Team, Note] {
        #[shared_model]
        pub(super) struct Plan {
            #[field(key)]
            pub id: i64,
        }
        #[tenant_model]
        pub(super) struct Person {
            #[field(key, given)]
            pub id: i32,
            pub number: i64,
        }
        #[tenant_model]
        pub(super) struct Team {
            #[field(key)]
            pub id: i32,
        }
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub by: Fk<Person>,
            pub about: Option<Fk<Person>>,
            pub team: i32,
            pub plan: Option<Fk<Plan>>,
        }
    }
    |case| case
}

change! {
    key_renamed
    after [Plan, Person, Team, Note] {
        #[shared_model]
        pub(super) struct Plan {
            #[field(key)]
            pub id: i64,
        }
        #[tenant_model]
        pub(super) struct Person {
            #[field(key)]
            pub number: i32,
            #[field(column = "old")]
            pub count: i64,
        }
        #[tenant_model]
        pub(super) struct Team {
            #[field(key)]
            pub id: i32,
        }
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub by: Fk<Person>,
            pub about: Option<Fk<Person>>,
            pub team: i32,
            pub plan: Option<Fk<Plan>>,
        }
    }
    |case| case
        .told(|it| it.rename("persons.number=old").rename("persons.id=number"))
}
