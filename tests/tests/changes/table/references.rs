//! References.

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

fn given(after: &[&'static ModelDef]) -> Case {
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
    reference_added
    after [Plan, Person, Team, Note] {
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
            pub lead: Option<Fk<Team>>,
        }
    }
    |case| case
}

change! {
    reference_added_that_is_required
    after [Plan, Person, Team, Note] {
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
            pub lead: Fk<Team>,
        }
    }
    |case| case
        .told(|it| it.fill("notes.lead", "3"))
        .finds("SELECT DISTINCT lead::text FROM {t}.notes", &["3"])
}

change! {
    reference_made_of_a_number
    after [Plan, Person, Team, Note] {
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
            pub team: Fk<Team>,
            pub plan: Option<Fk<Plan>>,
        }
    }
    |case| case
}

change! {
    reference_made_of_a_number_that_leads_nowhere
    after [Plan, Person, Team, Note] {
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
            #[field(column = "team")]
            pub lead: Fk<Team>,
            pub plan: Option<Fk<Plan>>,
        }
    }
    |case| case
        .rows_too("INSERT INTO {t}.notes (by, team) VALUES (1, 99)", &["3|1|7|99"])
        .fails("notes_team_fkey")
}

change! {
    reference_made_a_number
    after [Plan, Person, Team, Note] {
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
            pub about: Option<i32>,
            pub team: i32,
            pub plan: Option<Fk<Plan>>,
        }
    }
    |case| case
}

change! {
    reference_led_elsewhere
    after [Plan, Person, Team, Note] {
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
            pub about: Option<Fk<Team>>,
            pub team: i32,
            pub plan: Option<Fk<Plan>>,
        }
    }
    |case| case
        .told(|it| it.accept_loss("notes.about"))
        .fails("notes_about_fkey")
}

change! {
    reference_dropped
    after [Plan, Person, Team, Note] {
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
            pub team: i32,
            pub plan: Option<Fk<Plan>>,
        }
    }
    |case| case
        .told(|it| it.accept_loss("notes.about"))
        .finds_back(&["1|1|7|1", "2|2|-1|2"])
}

change! {
    reference_required
    after [Plan, Person, Team, Note] {
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
            pub about: Fk<Person>,
            pub team: i32,
            pub plan: Option<Fk<Plan>>,
        }
    }
    |case| case
        .told(|it| it.fill("notes.about", "by"))
        .finds("SELECT about::text FROM {t}.notes ORDER BY id", &["2", "2"])
        .finds_back(&["1|1|7|2|1", "2|2|-1|2|2"])
}

change! {
    reference_that_cascades
    after [Plan, Person, Team, Note] {
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
            #[field(on_delete = "cascade")]
            pub by: Fk<Person>,
            pub about: Option<Fk<Person>>,
            pub team: i32,
            pub plan: Option<Fk<Plan>>,
        }
    }
    |case| case
}

change! {
    reference_that_restricts
    after [Plan, Person, Team, Note] {
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
            #[field(on_delete = "set_null")]
            pub about: Option<Fk<Person>>,
            pub team: i32,
            pub plan: Option<Fk<Plan>>,
        }
    }
    |case| case
}

change! {
    reference_without_constraint
    after [Plan, Person, Team, Note] {
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
            #[field(constraint = false)]
            pub plan: Option<Fk<Plan>>,
        }
    }
    |case| case
}

change! {
    shared_key_given_by_the_application
    after [Plan, Person, Team, Note] {
        #[shared_model]
        pub(super) struct Plan {
            #[field(key, given)]
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
    |case| case
}
