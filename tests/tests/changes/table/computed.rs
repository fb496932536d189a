//! Fields that the database computes.

use tenantry::model::ModelDef;
use tenantry::prelude::*;

use super::case::{Case, change};

mod before {
    use super::*;

    #[tenant_model]
    pub(super) struct Note {
        #[field(key)]
        pub id: i64,
        pub rank: i32,
        #[field(generated = "rank * 2")]
        pub twice: i32,
    }
}

fn given(after: &[&'static ModelDef]) -> Case {
    let rows = "SELECT concat_ws('|', id, rank, twice) FROM {t}.notes ORDER BY id";
    Case::new((&[before::Note::DEF], after), (rows, &["1|3|6", "2|-4|-8"]))
        .rows("INSERT INTO {t}.notes (rank) VALUES (3), (-4)")
        .many(
            "notes",
            "INSERT INTO {t}.notes (rank) SELECT n FROM generate_series(1, 24000) AS n",
        )
}

change! {
    expression_changed
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub rank: i32,
            #[field(generated = "rank * 3")]
            pub twice: i32,
        }
    }
    |case| case
        .finds("SELECT twice::text FROM {t}.notes ORDER BY id", &["9", "-12"])
        .holds_up("a computed column is stored, and PostgreSQL computes it in no other way")
}

change! {
    computed_field_dropped
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub rank: i32,
        }
    }
    |case| case
}

change! {
    computed_field_made_plain
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub rank: i32,
            pub twice: i32,
        }
    }
    |case| case.finds("SELECT twice::text FROM {t}.notes ORDER BY id", &["6", "-8"])
}

change! {
    plain_field_computed
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            #[field(generated = "1 + 1")]
            pub rank: i32,
            #[field(generated = "2 * 2")]
            pub twice: i32,
        }
    }
    |case| case
        .told(|it| it.accept_loss("notes.rank"))
        .finds("SELECT concat_ws('|', rank, twice) FROM {t}.notes ORDER BY id", &["2|4", "2|4"])
        .holds_up("a computed column is stored, and PostgreSQL computes it in no other way")
        .finds_back(&["1|2|4", "2|2|4"])
}
