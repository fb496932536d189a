//! Fields of a type whose values are written otherwise.

use tenantry::prelude::*;

use super::case::change;
use super::types::given;

change! {
    text_to_integer
    after [Item] {
        #[tenant_model]
        pub(super) struct Item {
            #[field(key)]
            pub id: i64,
            pub count: i32,
            pub big: i64,
            #[field(precision = 12, scale = 2)]
            pub total: Decimal,
            #[field(max_length = 40)]
            pub name: String,
            pub code: i32,
            pub paid: bool,
            pub at: Timestamp,
        }
    }
    |case| case.finds("SELECT (code + 1)::text FROM {t}.items ORDER BY id", &["8", "1"])
}

change! {
    text_to_integer_where_it_is_none
    after [Item] {
        #[tenant_model]
        pub(super) struct Item {
            #[field(key)]
            pub id: i64,
            pub count: i32,
            pub big: i64,
            #[field(precision = 12, scale = 2)]
            pub total: Decimal,
            pub name: i32,
            pub code: String,
            pub paid: bool,
            pub at: Timestamp,
        }
    }
    |case| case.fails("are none of the type `integer`; their keys: 1")
}

change! {
    text_to_json
    after [Item] {
        #[tenant_model]
        pub(super) struct Item {
            #[field(key)]
            pub id: i64,
            pub count: i32,
            pub big: i64,
            #[field(precision = 12, scale = 2)]
            pub total: Decimal,
            #[field(max_length = 40)]
            pub name: String,
            pub code: Json<i32>,
            pub paid: bool,
            pub at: Timestamp,
        }
    }
    |case| case
        .told(|it| it.accept_loss("items.code"))
        .finds("SELECT code::text FROM {t}.items ORDER BY id", &["7", "0"])
}

change! {
    bool_to_integer
    after [Item] {
        #[tenant_model]
        pub(super) struct Item {
            #[field(key)]
            pub id: i64,
            pub count: i32,
            pub big: i64,
            #[field(precision = 12, scale = 2)]
            pub total: Decimal,
            #[field(max_length = 40)]
            pub name: String,
            pub code: String,
            pub paid: i32,
            pub at: Timestamp,
        }
    }
    |case| case.finds("SELECT paid::text FROM {t}.items ORDER BY id", &["1", "0"])
}

change! {
    moment_to_date
    after [Item] {
        #[tenant_model]
        pub(super) struct Item {
            #[field(key)]
            pub id: i64,
            pub count: i32,
            pub big: i64,
            #[field(precision = 12, scale = 2)]
            pub total: Decimal,
            #[field(max_length = 40)]
            pub name: String,
            pub code: String,
            pub paid: bool,
            pub at: Date,
        }
    }
    |case| case
        .told(|it| it.accept_loss("items.at"))
        .finds("SELECT at::text FROM {t}.items ORDER BY id", &["2026-01-01", "0001-02-03 BC"])
        .finds_back(&[
            "5|2147483648|10.25|a name of more than ten|7|t|2026-01-01 00:00:00",
            "-2147483648|-3|-0.05|ü|0|f|0001-02-03 00:00:00 BC",
        ])
}
