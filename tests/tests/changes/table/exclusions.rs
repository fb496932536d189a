//! Exclusion constraints.

use tenantry::model::ModelDef;
use tenantry::prelude::*;
use tenantry::value::Range;

use super::case::{Case, change};

mod before {
    use super::*;

    #[tenant_model(exclude(room = "=", during = "&&", filter = "part > 5", name = "no_overlap"))]
    pub(super) struct Note {
        #[field(key)]
        pub id: i64,
        pub room: i32,
        pub part: i32,
        pub during: Range<i32>,
    }
}

const HELD: &str = "rows exclude each other by an index that is built with the constraint";

fn given(after: &[&'static ModelDef]) -> Case {
    let rows = "SELECT concat_ws('|', id, room, part, during) FROM {t}.notes ORDER BY id";
    Case::new((&[before::Note::DEF], after), (rows, &["1|1|0|[1,5)", "2|2|6|[3,9)"]))
        .rows("INSERT INTO {t}.notes (room, part, during) VALUES (1, 0, '[1,5)'), (2, 6, '[3,9)')")
        .many("notes", "INSERT INTO {t}.notes (room, part, during) SELECT n + 10, n % 9, int4range(n, n + 5) FROM generate_series(1, 24000) AS n")
}

change! {
    exclusion_added
    after [Note] {
        #[tenant_model(
            exclude(room = "=", during = "&&", filter = "part > 5", name = "no_overlap"),
            exclude("int4range(room, room, '[]')" = "&&", part = "=", during = "&&")
        )]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub room: i32,
            pub part: i32,
            pub during: Range<i32>,
        }
    }
    |case| case.holds_up(HELD)
}

change! {
    exclusion_added_that_rows_violate
    after [Note] {
        #[tenant_model(
            exclude(room = "=", during = "&&", filter = "part > 5", name = "no_overlap"),
            exclude(during = "&&")
        )]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub room: i32,
            pub part: i32,
            pub during: Range<i32>,
        }
    }
    |case| case.fails("could not create exclusion constraint \"notes_during_excl\"")
}

change! {
    exclusion_of_other_rows
    after [Note] {
        #[tenant_model(exclude(room = "=", during = "&&", name = "no_overlap"))]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub room: i32,
            pub part: i32,
            pub during: Range<i32>,
        }
    }
    |case| case.holds_up(HELD)
}

change! {
    exclusion_by_another_operator
    after [Note] {
        #[tenant_model(exclude(room = "<>", during = "-|-", filter = "part > 7", name = "no_overlap"))]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub room: i32,
            pub part: i32,
            pub during: Range<i32>,
        }
    }
    |case| case
        .rows("INSERT INTO {t}.notes (room, part, during) VALUES (1, 0, '[1,5)'), (2, 6, '[3,9)'); DELETE FROM {t}.notes WHERE id > 2")
        .many("notes", "INSERT INTO {t}.notes (room, part, during) SELECT n + 10, 0, int4range(n, n + 5) FROM generate_series(1, 24000) AS n")
        .holds_up(HELD)
}

change! {
    exclusion_renamed
    after [Note] {
        #[tenant_model(exclude(room = "=", during = "&&", filter = "part > 5", name = "select"))]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub room: i32,
            pub part: i32,
            pub during: Range<i32>,
        }
    }
    |case| case
}

change! {
    exclusion_dropped
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub room: i32,
            pub part: i32,
            pub during: Range<i32>,
        }
    }
    |case| case
}
