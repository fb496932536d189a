//! Checks and unique constraints.

use tenantry::model::ModelDef;
use tenantry::prelude::*;

use super::case::{Case, change};

mod before {
    use super::*;

    #[tenant_model(check(name = "calm", "rank < 1000000"), unique(rank, part))]
    pub(super) struct Note {
        #[field(key)]
        pub id: i64,
        #[field(max_length = 40)]
        pub text: String,
        pub rank: i32,
        pub part: i32,
    }
}

fn given(after: &[&'static ModelDef]) -> Case {
    let rows = "SELECT concat_ws('|', id, text, rank, part) FROM {t}.notes ORDER BY id";
    Case::new((&[before::Note::DEF], after), (rows, &["1|a|-3|0", "2|A|-4|0"]))
        .rows("INSERT INTO {t}.notes (text, rank, part) VALUES ('a', -3, 0), ('A', -4, 0)")
        .many("notes", "INSERT INTO {t}.notes (text, rank, part) SELECT 'n' || n, n, n % 7 FROM generate_series(1, 24000) AS n")
}

change! {
    check_added
    after [Note] {
        #[tenant_model(check(name = "calm", "rank < 1000000"), unique(rank, part), check = "rank > -10")]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            #[field(max_length = 40)]
            pub text: String,
            pub rank: i32,
            pub part: i32,
        }
    }
    |case| case
}

change! {
    check_of_field_added
    after [Note] {
        #[tenant_model(check(name = "calm", "rank < 1000000"), unique(rank, part))]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            #[field(max_length = 40)]
            pub text: String,
            pub rank: i32,
            #[field(check = "part >= 0")]
            pub part: i32,
        }
    }
    |case| case
}

change! {
    check_added_that_rows_violate
    after [Note] {
        #[tenant_model(check(name = "calm", "rank < 1000000"), unique(rank, part), check = "rank > 0")]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            #[field(max_length = 40)]
            pub text: String,
            pub rank: i32,
            pub part: i32,
        }
    }
    |case| case.fails("violated by some row")
}

change! {
    check_dropped
    after [Note] {
        #[tenant_model(unique(rank, part))]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            #[field(max_length = 40)]
            pub text: String,
            pub rank: i32,
            pub part: i32,
        }
    }
    |case| case
}

change! {
    check_changed
    after [Note] {
        #[tenant_model(check(name = "calm", "rank < 500000"), unique(rank, part))]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            #[field(max_length = 40)]
            pub text: String,
            pub rank: i32,
            pub part: i32,
        }
    }
    |case| case
}

change! {
    check_renamed
    after [Note] {
        #[tenant_model(check(name = "quiet", "rank < 1000000"), unique(rank, part))]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            #[field(max_length = 40)]
            pub text: String,
            pub rank: i32,
            pub part: i32,
        }
    }
    |case| case
}

change! {
    unique_added
    after [Note] {
        #[tenant_model(check(name = "calm", "rank < 1000000"), unique(rank, part))]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            #[field(max_length = 40, unique)]
            pub text: String,
            pub rank: i32,
            pub part: i32,
        }
    }
    |case| case
}

change! {
    unique_added_of_several_fields
    after [Note] {
        #[tenant_model(check(name = "calm", "rank < 1000000"), unique(rank, part), unique(text, part))]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            #[field(max_length = 40)]
            pub text: String,
            pub rank: i32,
            pub part: i32,
        }
    }
    |case| case
}

change! {
    unique_added_that_rows_violate
    after [Note] {
        #[tenant_model(check(name = "calm", "rank < 1000000"), unique(rank, part))]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            #[field(max_length = 40)]
            pub text: String,
            pub rank: i32,
            #[field(unique)]
            pub part: i32,
        }
    }
    |case| case.fails("part")
}

change! {
    unique_dropped
    after [Note] {
        #[tenant_model(check(name = "calm", "rank < 1000000"))]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            #[field(max_length = 40)]
            pub text: String,
            pub rank: i32,
            pub part: i32,
        }
    }
    |case| case
}

change! {
    unique_with_fields_swapped
    after [Note] {
        #[tenant_model(check(name = "calm", "rank < 1000000"), unique(part, rank))]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            #[field(max_length = 40)]
            pub text: String,
            pub rank: i32,
            pub part: i32,
        }
    }
    |case| case
}

change! {
    unique_index_of_expression_added
    after [Note] {
        #[tenant_model(check(name = "calm", "rank < 1000000"), unique(rank, part), unique("text || 'x'"))]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            #[field(max_length = 40)]
            pub text: String,
            pub rank: i32,
            pub part: i32,
        }
    }
    |case| case
}

change! {
    unique_index_of_expression_added_that_rows_violate
    after [Note] {
        #[tenant_model(check(name = "calm", "rank < 1000000"), unique(rank, part), unique("lower(text)"))]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            #[field(max_length = 40)]
            pub text: String,
            pub rank: i32,
            pub part: i32,
        }
    }
    |case| case.fails("unique")
}
