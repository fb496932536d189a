//! Fields that come, go, and get another name, null or default.

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
        pub stars: Option<i32>,
        #[field(default = 7)]
        pub rank: i32,
    }
}

fn given(after: &[&'static ModelDef]) -> Case {
    let rows = "SELECT concat_ws('|', id, text, stars, rank) FROM {t}.notes ORDER BY id";
    Case::new((&[before::Note::DEF], after), (rows, &["1|a|2|7", "2|b \"ü\"|0"]))
        .rows("INSERT INTO {t}.notes (text, stars, rank) VALUES ('a', 2, DEFAULT), ('b \"ü\"', NULL, 0)")
        .many("notes", "INSERT INTO {t}.notes (text, stars) SELECT 'n' || n, nullif(n % 5, 0) FROM generate_series(1, 24000) AS n")
}

change! {
    field_added_nullable
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
            pub stars: Option<i32>,
            #[field(default = 7)]
            pub rank: i32,
            pub more: Option<String>,
        }
    }
    |case| case.finds("SELECT count(more)::text FROM {t}.notes", &["0"])
}

change! {
    field_added_with_default
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
            pub stars: Option<i32>,
            #[field(default = 7)]
            pub rank: i32,
            #[field(default = "new")]
            pub state: String,
        }
    }
    |case| case.finds("SELECT state FROM {t}.notes ORDER BY id", &["new", "new"])
}

change! {
    field_added_with_fill
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
            pub stars: Option<i32>,
            #[field(default = 7)]
            pub rank: i32,
            pub state: String,
        }
    }
    |case| case
        .told(|it| it.fill("notes.state", "'old'"))
        .finds("SELECT state FROM {t}.notes ORDER BY id", &["old", "old"])
}

change! {
    field_added_with_time_of_insert
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
            pub stars: Option<i32>,
            #[field(default = 7)]
            pub rank: i32,
            #[field(auto_now_add)]
            pub at: Timestamp,
        }
    }
    |case| case.finds("SELECT count(DISTINCT at)::text FROM {t}.notes", &["1"])
}

change! {
    field_added_with_value_for_each_row
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
            pub stars: Option<i32>,
            #[field(default = 7)]
            pub rank: i32,
            #[field(default = sql("gen_random_uuid()"))]
            pub mark: Uuid,
        }
    }
    |case| case.finds("SELECT count(DISTINCT mark)::text FROM {t}.notes", &["2"])
}

change! {
    field_dropped
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
            pub stars: Option<i32>,
        }
    }
    |case| case
        .told(|it| it.accept_loss("notes.rank"))
        .finds_back(&["1|a|2|7", "2|b \"ü\"|7"])
}

change! {
    field_dropped_nullable
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
            #[field(default = 7)]
            pub rank: i32,
        }
    }
    |case| case
        .told(|it| it.accept_loss("notes.stars"))
        .finds_back(&["1|a|7", "2|b \"ü\"|0"])
}

change! {
    field_dropped_required
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub stars: Option<i32>,
            #[field(default = 7)]
            pub rank: i32,
        }
    }
    |case| case
        .told(|it| it.accept_loss("notes.text"))
        .stays("text")
}

change! {
    field_dropped_required_with_fill
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub stars: Option<i32>,
            #[field(default = 7)]
            pub rank: i32,
        }
    }
    |case| case
        .told(|it| it.accept_loss("notes.text").fill("notes.text", "'gone'"))
        .finds_back(&["1|gone|2|7", "2|gone|0"])
}

change! {
    field_renamed
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub body: String,
            pub stars: Option<i32>,
            #[field(default = 7)]
            pub rank: i32,
        }
    }
    |case| case
        .told(|it| it.rename("notes.text=body"))
        .finds("SELECT body FROM {t}.notes ORDER BY id", &["a", "b \"ü\""])
}

change! {
    field_renamed_by_the_model
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            #[field(was = "text")]
            pub body: String,
            pub stars: Option<i32>,
            #[field(default = 7)]
            pub rank: i32,
        }
    }
    |case| case.finds("SELECT body FROM {t}.notes ORDER BY id", &["a", "b \"ü\""])
}

change! {
    field_renamed_to_what_needs_quotes
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            #[field(column = "order", was = "text")]
            pub body: String,
            pub stars: Option<i32>,
            #[field(default = 7)]
            pub rank: i32,
        }
    }
    |case| case.finds("SELECT \"order\" FROM {t}.notes ORDER BY id", &["a", "b \"ü\""])
}

change! {
    nulls_allowed
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
            pub stars: Option<i32>,
            #[field(default = 7)]
            pub rank: Option<i32>,
        }
    }
    |case| case
}

change! {
    nulls_forbidden_with_default
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
            #[field(default = 3)]
            pub stars: i32,
            #[field(default = 7)]
            pub rank: i32,
        }
    }
    |case| case
        .finds("SELECT stars::text FROM {t}.notes ORDER BY id", &["2", "3"])
        .finds_back(&["1|a|2|7", "2|b \"ü\"|3|0"])
}

change! {
    nulls_forbidden_with_fill
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
            pub stars: i32,
            #[field(default = 7)]
            pub rank: i32,
        }
    }
    |case| case
        .told(|it| it.fill("notes.stars", "rank + 5"))
        .finds("SELECT stars::text FROM {t}.notes ORDER BY id", &["2", "5"])
        .finds_back(&["1|a|2|7", "2|b \"ü\"|5|0"])
}

change! {
    nulls_forbidden_where_there_are_said_to_be_none
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
            pub stars: i32,
            #[field(default = 7)]
            pub rank: i32,
        }
    }
    |case| case
        .told(|it| it.fill("notes.stars", "NULL"))
        .fails("stars")
}

change! {
    default_added
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            #[field(default = "none")]
            pub text: String,
            pub stars: Option<i32>,
            #[field(default = 7)]
            pub rank: i32,
        }
    }
    |case| case
}

change! {
    default_changed
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
            pub stars: Option<i32>,
            #[field(default = 8)]
            pub rank: i32,
        }
    }
    |case| case
}

change! {
    default_dropped
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
            pub stars: Option<i32>,
            pub rank: i32,
        }
    }
    |case| case
}

change! {
    comments_added
    after [Note] {
        /// Words that one has to say.
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            /// It's "the" text.
            pub text: String,
            pub stars: Option<i32>,
            #[field(default = 7)]
            pub rank: i32,
        }
    }
    |case| case
}

change! {
    fields_in_another_order
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(default = 7)]
            pub rank: i32,
            pub stars: Option<i32>,
            #[field(key)]
            pub id: i64,
            pub text: String,
        }
    }
    |case| case.nothing()
}

change! {
    computed_field_added
    after [Note] {
        #[tenant_model]
        pub(super) struct Note {
            #[field(key)]
            pub id: i64,
            pub text: String,
            pub stars: Option<i32>,
            #[field(default = 7)]
            pub rank: i32,
            #[field(generated = "rank * 2")]
            pub twice: i32,
        }
    }
    |case| case
        .finds("SELECT twice::text FROM {t}.notes ORDER BY id", &["14", "0"])
        .holds_up("a computed column is stored, and PostgreSQL computes it in no other way")
}
