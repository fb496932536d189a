//! Indexes.

use tenantry::model::ModelDef;
use tenantry::prelude::*;

use super::case::{Case, change};

mod before {
    use super::*;

    #[tenant_model(
        index(rank, name = "by_rank"),
        index(part, filter = "rank > 5", name = "by_part")
    )]
    pub(super) struct Note {
        #[field(key)]
        pub id: i64,
        pub text: String,
        pub rank: i32,
        pub part: i32,
        pub tags: Vec<String>,
    }
}

fn given(after: &[&'static ModelDef]) -> Case {
    let rows = "SELECT concat_ws('|', id, text, rank, part, tags) FROM {t}.notes ORDER BY id";
    Case::new((&[before::Note::DEF], after), (rows, &["1|a|-3|0|{}", "2|A|-3|0|{NULL,x}"]))
        .rows("INSERT INTO {t}.notes (text, rank, part, tags) VALUES ('a', -3, 0, '{}'), ('A', -3, 0, '{NULL,x}')")
        .many("notes", "INSERT INTO {t}.notes (text, rank, part, tags) SELECT 'n' || n, n, n % 7, ARRAY['y'] FROM generate_series(1, 24000) AS n")
}

change! {
    index_added
    after [Note] {
        #[tenant_model(index(rank, name = "by_rank"), index(part, filter = "rank > 5", name = "by_part"))]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            #[field(index)]
            pub text: String,
            pub rank: i32,
            pub part: i32,
            pub tags: Vec<String>,
        }
    }
    |case| case
}

change! {
    index_added_of_expression
    after [Note] {
        #[tenant_model(index(rank, name = "by_rank"), index(part, filter = "rank > 5", name = "by_part"), index("lower(text)", rank))]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
            pub rank: i32,
            pub part: i32,
            pub tags: Vec<String>,
        }
    }
    |case| case
}

change! {
    index_added_of_method
    after [Note] {
        #[tenant_model(index(rank, name = "by_rank"), index(part, filter = "rank > 5", name = "by_part"), index(tags, method = "gin"))]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
            pub rank: i32,
            pub part: i32,
            pub tags: Vec<String>,
        }
    }
    |case| case
}

change! {
    index_dropped
    after [Note] {
        #[tenant_model(index(part, filter = "rank > 5", name = "by_part"))]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
            pub rank: i32,
            pub part: i32,
            pub tags: Vec<String>,
        }
    }
    |case| case
}

change! {
    index_renamed
    after [Note] {
        #[tenant_model(index(rank, name = "ranked"), index(part, filter = "rank > 5", name = "by_part"))]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
            pub rank: i32,
            pub part: i32,
            pub tags: Vec<String>,
        }
    }
    |case| case
}

change! {
    index_renamed_to_what_needs_quotes
    after [Note] {
        #[tenant_model(index(rank, name = "order"), index(part, filter = "rank > 5", name = "by_part"))]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
            pub rank: i32,
            pub part: i32,
            pub tags: Vec<String>,
        }
    }
    |case| case
}

change! {
    index_of_other_fields
    after [Note] {
        #[tenant_model(index(rank, text, name = "by_rank"), index(part, filter = "rank > 5", name = "by_part"))]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
            pub rank: i32,
            pub part: i32,
            pub tags: Vec<String>,
        }
    }
    |case| case
}

change! {
    index_of_other_rows
    after [Note] {
        #[tenant_model(index(rank, name = "by_rank"), index(part, filter = "rank > 6", name = "by_part"))]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
            pub rank: i32,
            pub part: i32,
            pub tags: Vec<String>,
        }
    }
    |case| case
}

change! {
    index_of_other_method
    after [Note] {
        #[tenant_model(index(rank, name = "by_rank", method = "hash"), index(part, filter = "rank > 5", name = "by_part"))]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
            pub rank: i32,
            pub part: i32,
            pub tags: Vec<String>,
        }
    }
    |case| case
}

change! {
    indexes_with_names_swapped
    after [Note] {
        #[tenant_model(index(rank, name = "by_part"), index(part, filter = "rank > 5", name = "by_rank"))]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
            pub rank: i32,
            pub part: i32,
            pub tags: Vec<String>,
        }
    }
    |case| case
}
