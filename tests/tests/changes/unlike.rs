//! Constraints over columns that the version from before leaves out: where its rows would be refused, they come once it is gone.

use tenantry::migrate::Choices;
use tenantry::model::ModelDef;
use tenantry::prelude::*;

use crate::given::Given;
use crate::releases::{Work, does, there_and_back};

mod before {
    use super::*;

    #[tenant_model]
    pub(crate) struct Person {
        #[field(key)]
        pub id: i64,
    }

    #[tenant_model(table = "order", unique(part, rank), unique(note))]
    pub(crate) struct Order {
        #[field(key)]
        pub id: i64,
        pub part: i32,
        pub rank: i32,
        pub note: String,
    }
}

mod after {
    use super::*;

    #[tenant_model(
        table = "order",
        unique(part, come),
        unique(note, come),
        unique(part, nothing),
        unique("lower(nothing)", name = "user"),
        unique("coalesce(nothing, '') || part", name = "check"),
        check(name = "select", "rank < 5 + come"),
        check(name = "own", "come > -5 AND come IN (0, 1, 2)")
    )]
    pub(crate) struct Order {
        #[field(key)]
        pub id: i64,
        pub part: i32,
        pub rank: i32,
        pub note: String,
        #[field(default = 0)]
        pub come: i32,
        #[field(unique)]
        pub filled: i64,
        #[field(unique, default = sql("gen_random_uuid()"))]
        pub token: Uuid,
        #[field(unique)]
        pub nothing: Option<String>,
        #[field(unique, generated = "part % 3")]
        pub twice: i32,
        pub payer: Option<Fk<before::Person>>,
        #[field(default = 1)]
        pub owner: Fk<before::Person>,
    }
}

const BEFORE: [&ModelDef; 2] = [before::Person::DEF, before::Order::DEF];
const AFTER: [&ModelDef; 2] = [before::Person::DEF, after::Order::DEF];

const ROWS: &str = "INSERT INTO {t}.\"order\" (part, rank, note) VALUES (-1, 1, 'a')";

fn choices() -> Choices {
    Choices::new().fill("order.filled", "7")
}

#[test]
fn what_refuses_rows_of_who_leaves_a_column_out_waits() {
    let given = Given::new(&BEFORE, ROWS);
    let steps = given.steps(&AFTER, &choices());
    let at = steps.iter().position(|it| it == "contract").unwrap();
    let names = |steps: &[String]| -> Vec<String> {
        let added = steps.iter().filter(|it| !it.contains("column"));
        let mut names: Vec<String> = added
            .filter_map(|it| {
                Some(format!(
                    "{} {}",
                    it.trim().split(' ').next()?,
                    it.split('`').nth(1)?
                ))
            })
            .collect();
        names.sort();
        names
    };
    assert_eq!(
        names(&steps[..at]),
        [
            "add order_note_come_key",
            "add order_nothing_key",
            "add order_part_nothing_key",
            "add order_payer_fkey",
            "add order_token_key",
            "add own",
            "create order_owner_idx",
            "create order_payer_idx",
            "create user",
        ]
    );
    assert_eq!(
        names(&steps[at..]),
        [
            "add order_filled_key",
            "add order_owner_fkey",
            "add order_part_come_key",
            "add order_twice_key",
            "add select",
            "create check",
            "drop order_note_key",
            "drop order_part_rank_key",
        ]
    );
}

#[test]
fn no_row_of_the_version_from_before_is_refused() {
    let mut given = Given::new(&BEFORE, ROWS);
    given.write(&AFTER, &choices());
    let releases: (Work, Work) = (
        |client, nth| {
            let sql = format!(
                "INSERT INTO acme.\"order\" (part, rank, note) VALUES (1, {nth}, 'n{}') ON CONFLICT (note) DO UPDATE SET rank = excluded.rank",
                nth % 40
            );
            does(client, &sql);
        },
        |client, nth| {
            let sql = format!(
                "DELETE FROM acme.\"order\" WHERE note = 'new'; \
                 INSERT INTO acme.\"order\" (part, rank, note, come, filled, nothing) VALUES ({0}, 3, 'new', 2, {0}, 'x{0}')",
                nth + 100_000
            );
            does(client, &sql);
        },
    );
    let mended = "INSERT INTO {t}.persons DEFAULT VALUES; \
        DELETE FROM {t}.\"order\" WHERE id NOT IN (SELECT min(id) FROM {t}.\"order\" WHERE note <> 'new'); \
        UPDATE {t}.\"order\" SET rank = 0";
    there_and_back(&mut given, releases, (mended, ""));
    given.expect_structure(&BEFORE);
}
