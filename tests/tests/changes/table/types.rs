//! Fields of another type.

use tenantry::model::ModelDef;
use tenantry::prelude::*;

use super::case::{Case, change};

mod before {
    use super::*;

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
        pub at: Timestamp,
    }
}

pub(super) fn given(after: &[&'static ModelDef]) -> Case {
    let rows = "SELECT concat_ws('|', count, big, total, name, code, paid, at AT TIME ZONE 'UTC') FROM {t}.items ORDER BY id";
    let found = [
        "5|2147483648|10.25|a name of more than ten|7|t|2026-01-01 20:30:00",
        "-2147483648|-3|-0.05|ü|0|f|0001-02-03 00:00:01.000001 BC",
    ];
    Case::new((&[before::Item::DEF], after), (rows, &found))
        .rows(
            "INSERT INTO {t}.items (count, big, total, name, code, paid, at) VALUES \
             (5, 2147483648, 10.25, 'a name of more than ten', '7', true, '2026-01-01 20:30:00+00'), \
             (-2147483648, -3, -0.05, 'ü', '0', false, '0001-02-03 00:00:01.000001+00 BC')",
        )
        .many(
            "items",
            "INSERT INTO {t}.items (count, big, total, name, code, paid, at) \
             SELECT n, n, n, 'n', n, true, '2026-01-01 00:00:00+00' FROM generate_series(1, 16000) AS n",
        )
}

change! {
    integer_widened
    after [Item] {
        #[tenant_model]
        pub(super) struct Item {
            #[field(key)]
            pub id: i64,
            pub count: i64,
            pub big: i64,
            #[field(precision = 12, scale = 2)]
            pub total: Decimal,
            #[field(max_length = 40)]
            pub name: String,
            pub code: String,
            pub paid: bool,
            pub at: Timestamp,
        }
    }
    |case| case
}

change! {
    integer_narrowed
    after [Item] {
        #[tenant_model]
        pub(super) struct Item {
            #[field(key)]
            pub id: i64,
            pub count: i32,
            pub big: i32,
            #[field(precision = 12, scale = 2)]
            pub total: Decimal,
            #[field(max_length = 40)]
            pub name: String,
            pub code: String,
            pub paid: bool,
            pub at: Timestamp,
        }
    }
    |case| case.fails("are none of the type `integer`; their keys: 1")
}

change! {
    integer_to_text
    after [Item] {
        #[tenant_model]
        pub(super) struct Item {
            #[field(key)]
            pub id: i64,
            pub count: String,
            pub big: i64,
            #[field(precision = 12, scale = 2)]
            pub total: Decimal,
            #[field(max_length = 40)]
            pub name: String,
            pub code: String,
            pub paid: bool,
            pub at: Timestamp,
        }
    }
    |case| case.finds("SELECT count FROM {t}.items ORDER BY id", &["5", "-2147483648"])
}

change! {
    integer_to_decimal
    after [Item] {
        #[tenant_model]
        pub(super) struct Item {
            #[field(key)]
            pub id: i64,
            #[field(precision = 12, scale = 2)]
            pub count: Decimal,
            pub big: i64,
            #[field(precision = 12, scale = 2)]
            pub total: Decimal,
            #[field(max_length = 40)]
            pub name: String,
            pub code: String,
            pub paid: bool,
            pub at: Timestamp,
        }
    }
    |case| case.finds("SELECT count::text FROM {t}.items ORDER BY id", &["5.00", "-2147483648.00"])
}

change! {
    integer_to_float
    after [Item] {
        #[tenant_model]
        pub(super) struct Item {
            #[field(key)]
            pub id: i64,
            pub count: i32,
            pub big: f64,
            #[field(precision = 12, scale = 2)]
            pub total: Decimal,
            #[field(max_length = 40)]
            pub name: String,
            pub code: String,
            pub paid: bool,
            pub at: Timestamp,
        }
    }
    |case| case
        .told(|it| it.accept_loss("items.big"))
}

change! {
    integer_to_bool
    after [Item] {
        #[tenant_model]
        pub(super) struct Item {
            #[field(key)]
            pub id: i64,
            pub count: bool,
            pub big: i64,
            #[field(precision = 12, scale = 2)]
            pub total: Decimal,
            #[field(max_length = 40)]
            pub name: String,
            pub code: String,
            pub paid: bool,
            pub at: Timestamp,
        }
    }
    |case| case
        .told(|it| it.accept_loss("items.count"))
        .finds("SELECT count::text FROM {t}.items ORDER BY id", &["true", "true"])
        .finds_back(&[
            "1|2147483648|10.25|a name of more than ten|7|t|2026-01-01 20:30:00",
            "1|-3|-0.05|ü|0|f|0001-02-03 00:00:01.000001 BC",
        ])
}

change! {
    integer_to_list
    after [Item] {
        #[tenant_model]
        pub(super) struct Item {
            #[field(key)]
            pub id: i64,
            pub count: Vec<i32>,
            pub big: i64,
            #[field(precision = 12, scale = 2)]
            pub total: Decimal,
            #[field(max_length = 40)]
            pub name: String,
            pub code: String,
            pub paid: bool,
            pub at: Timestamp,
        }
    }
    |case| case.finds("SELECT count::text FROM {t}.items ORDER BY id", &["{5}", "{-2147483648}"])
}

change! {
    integer_to_uuid
    after [Item] {
        #[tenant_model]
        pub(super) struct Item {
            #[field(key)]
            pub id: i64,
            pub count: Uuid,
            pub big: i64,
            #[field(precision = 12, scale = 2)]
            pub total: Decimal,
            #[field(max_length = 40)]
            pub name: String,
            pub code: String,
            pub paid: bool,
            pub at: Timestamp,
        }
    }
    |case| case
        .told(|it| it.accept_loss("items.count"))
        .fails("invalid input syntax for type uuid")
}

change! {
    length_widened
    after [Item] {
        #[tenant_model]
        pub(super) struct Item {
            #[field(key)]
            pub id: i64,
            pub count: i32,
            pub big: i64,
            #[field(precision = 12, scale = 2)]
            pub total: Decimal,
            #[field(max_length = 80)]
            pub name: String,
            pub code: String,
            pub paid: bool,
            pub at: Timestamp,
        }
    }
    |case| case
}

change! {
    length_lifted
    after [Item] {
        #[tenant_model]
        pub(super) struct Item {
            #[field(key)]
            pub id: i64,
            pub count: i32,
            pub big: i64,
            #[field(precision = 12, scale = 2)]
            pub total: Decimal,
            pub name: String,
            pub code: String,
            pub paid: bool,
            pub at: Timestamp,
        }
    }
    |case| case
}

change! {
    length_narrowed
    after [Item] {
        #[tenant_model]
        pub(super) struct Item {
            #[field(key)]
            pub id: i64,
            pub count: i32,
            pub big: i64,
            #[field(precision = 12, scale = 2)]
            pub total: Decimal,
            #[field(max_length = 10)]
            pub name: String,
            pub code: String,
            pub paid: bool,
            pub at: Timestamp,
        }
    }
    |case| case.fails("are none of the type `character varying(")
}

change! {
    length_given_to_text
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
            #[field(max_length = 4)]
            pub code: String,
            pub paid: bool,
            pub at: Timestamp,
        }
    }
    |case| case.fails("are none of the type `character varying(")
}

change! {
    length_given_to_text_that_fits
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
            #[field(max_length = 5)]
            pub code: String,
            pub paid: bool,
            pub at: Timestamp,
        }
    }
    |case| case
}

change! {
    precision_widened
    after [Item] {
        #[tenant_model]
        pub(super) struct Item {
            #[field(key)]
            pub id: i64,
            pub count: i32,
            pub big: i64,
            #[field(precision = 14, scale = 2)]
            pub total: Decimal,
            #[field(max_length = 40)]
            pub name: String,
            pub code: String,
            pub paid: bool,
            pub at: Timestamp,
        }
    }
    |case| case
}

change! {
    precision_narrowed
    after [Item] {
        #[tenant_model]
        pub(super) struct Item {
            #[field(key)]
            pub id: i64,
            pub count: i32,
            pub big: i64,
            #[field(precision = 3, scale = 2)]
            pub total: Decimal,
            #[field(max_length = 40)]
            pub name: String,
            pub code: String,
            pub paid: bool,
            pub at: Timestamp,
        }
    }
    |case| case.fails("are none of the type `numeric(3,2)`; their keys: 1")
}

change! {
    scale_narrowed
    after [Item] {
        #[tenant_model]
        pub(super) struct Item {
            #[field(key)]
            pub id: i64,
            pub count: i32,
            pub big: i64,
            #[field(precision = 12, scale = 1)]
            pub total: Decimal,
            #[field(max_length = 40)]
            pub name: String,
            pub code: String,
            pub paid: bool,
            pub at: Timestamp,
        }
    }
    |case| case
        .told(|it| it.accept_loss("items.total"))
        .finds("SELECT total::text FROM {t}.items ORDER BY id", &["10.3", "-0.1"])
        .finds_back(&[
            "5|2147483648|10.30|a name of more than ten|7|t|2026-01-01 20:30:00",
            "-2147483648|-3|-0.10|ü|0|f|0001-02-03 00:00:01.000001 BC",
        ])
}

change! {
    decimal_to_integer
    after [Item] {
        #[tenant_model]
        pub(super) struct Item {
            #[field(key)]
            pub id: i64,
            pub count: i32,
            pub big: i64,
            pub total: i64,
            #[field(max_length = 40)]
            pub name: String,
            pub code: String,
            pub paid: bool,
            pub at: Timestamp,
        }
    }
    |case| case
        .told(|it| it.accept_loss("items.total"))
        .finds_back(&[
            "5|2147483648|10.00|a name of more than ten|7|t|2026-01-01 20:30:00",
            "-2147483648|-3|0.00|ü|0|f|0001-02-03 00:00:01.000001 BC",
        ])
}
