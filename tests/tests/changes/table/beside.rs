//! Changes of what somebody else's views, triggers and references use.

use tenantry::model::ModelDef;
use tenantry::prelude::*;

use super::case::{Case, change};

mod before {
    use super::*;

    #[tenant_model]
    pub(super) struct Note {
        #[field(key)]
        pub id: i64,
        pub text: String,
        pub rank: i32,
    }
}

fn given(after: &[&'static ModelDef]) -> Case {
    let rows = "SELECT concat_ws('|', id, text, rank) FROM {t}.notes ORDER BY id";
    Case::new((&[before::Note::DEF], after), (rows, &["1|a|2", "2|b|-3"]))
        .rows("INSERT INTO {t}.notes (text, rank) VALUES ('a', 2), ('b', -3)")
        .many(
            "notes",
            "INSERT INTO {t}.notes (text, rank) SELECT n, n FROM generate_series(1, 24000) AS n",
        )
        .beside(
            "CREATE VIEW {t}.ranked AS SELECT id, rank FROM {t}.notes; \
             CREATE TABLE {t}.\"Odd one\" (note bigint REFERENCES {t}.notes ON DELETE CASCADE)",
            "DROP VIEW {t}.ranked; DROP TABLE {t}.\"Odd one\"",
        )
}

change! {
    field_added_beside_a_view
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
            pub rank: i32,
            pub more: Option<i32>,
        }
    }
    |case| case
}

change! {
    field_renamed_that_a_view_shows
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
            #[field(was = "rank")]
            pub place: i32,
        }
    }
    |case| case.finds("SELECT rank::text FROM {t}.ranked ORDER BY id", &["2", "-3"])
}

change! {
    field_of_another_type_that_a_view_shows
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
            pub rank: i64,
        }
    }
    |case| case.fails("view")
}

change! {
    field_dropped_that_a_view_shows
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
        }
    }
    |case| case.told(|it| it.accept_loss("notes.rank").fill("notes.rank", "0")).fails("view")
}

change! {
    field_dropped_beside_a_view
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub rank: i32,
        }
    }
    |case| case
        .told(|it| it.accept_loss("notes.text").fill("notes.text", "'?'"))
        .finds("SELECT rank::text FROM {t}.ranked ORDER BY id", &["2", "-3"])
        .finds_back(&["1|?|2", "2|?|-3"])
}

change! {
    model_renamed_beside_a_view
    after [Memo] {
        #[tenant_model(was = "notes")]
        pub(super) struct Memo {
            #[field(key)]
            pub id: i64,
            pub text: String,
            pub rank: i32,
        }
    }
    |case| case.finds("SELECT rank::text FROM {t}.ranked ORDER BY id", &["2", "-3"])
}

change! {
    model_dropped_that_a_view_shows
    after [Memo] {
        #[tenant_model]
        pub(super) struct Memo {
            #[field(key)]
            pub id: i64,
        }
    }
    |case| case.told(|it| it.accept_loss("notes")).fails("view")
}
