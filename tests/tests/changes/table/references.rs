//! References.

use tenantry::prelude::*;

use super::case::change;
use super::keys::given;

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
