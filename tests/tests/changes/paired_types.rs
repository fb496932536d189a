//! Columns of another type, while both versions of the application run.

use jiff::Timestamp;
use tenantry::migrate::{Choices, Phase};
use tenantry::prelude::*;
use tenantry_tests::fleet::{app, create, key, migrator};

use crate::given::Given;

mod before {
    use super::*;

    #[tenant_model(check = "stock >= 0", index("stock"))]
    pub(crate) struct Item {
        #[field(key)]
        pub id: i64,
        #[field(unique, default = 0)]
        pub stock: i32,
        pub size: String,
        pub name: Option<String>,
        pub at: Timestamp,
        pub price: i32,
    }
}

mod after {
    use super::*;

    #[tenant_model(check = "stock >= 0", index("stock"))]
    pub(crate) struct Item {
        #[field(key)]
        pub id: i64,
        #[field(unique, default = 0)]
        pub stock: i64,
        pub length: i32,
        #[field(max_length = 5)]
        pub name: Option<String>,
        pub day: Date,
        pub cents: i64,
    }
}

const BEFORE: [&tenantry::model::ModelDef; 1] = [before::Item::DEF];
const AFTER: [&tenantry::model::ModelDef; 1] = [after::Item::DEF];

const ROWS: &str = "INSERT INTO {t}.items (stock, size, name, at, price) VALUES \
    (1, '11', NULL, '2026-01-01 00:00:00Z', 100), (2, '22', 'abc', '2026-01-02 00:00:00Z', 200)";

const NEW: &str =
    "SELECT concat_ws(' ', stock, length, name, day, cents) FROM {t}.items ORDER BY id";

fn choices() -> Choices {
    Choices::new()
        .rename("items.size=length")
        .rename("items.at=day")
        .rename("items.price=cents")
        .accept_loss("items.day")
        .accept_loss("items.at")
}

#[test]
fn values_are_converted_both_ways_while_both_versions_run() {
    let mut given = Given::new(&BEFORE, ROWS);
    // What a session writes dates as has no say in what a value becomes.
    given.in_time_zone("Asia/Tokyo");
    let migrations = given.write(&AFTER, &choices());
    let phases: Vec<Phase> = migrations
        .iter()
        .map(tenantry::migrate::NewMigration::phase)
        .collect();
    assert_eq!(phases[..3], [Phase::Expand; 3]);
    assert!(
        phases[3..].iter().all(|it| *it == Phase::Contract),
        "{phases:?}"
    );
    let expand = migrator(given.chain()).phase(Phase::Expand);
    expand.on(&mut given.client).run().unwrap();
    create(&mut given.client, "later");
    given.run("later", ROWS);
    let db = app(given.url());
    for tenant in ["acme", "select", "later"] {
        let mut scope = db.tenant(&key(tenant)).unwrap();
        let at: Timestamp = "2026-03-03T20:30:00Z".parse().unwrap();
        let old = new!(before::Item {
            stock: 3,
            size: "33",
            at,
            price: 300
        });
        before::Item::insert(old).execute(&mut scope).unwrap();
        let day = jiff::civil::date(2026, 4, 4);
        let new = new!(after::Item {
            stock: 4,
            length: 44,
            name: "xyz",
            day,
            cents: 400
        });
        after::Item::insert(new).execute(&mut scope).unwrap();
        let read = after::Item::query()
            .order_by(after::Item::ID.asc())
            .all(&mut scope)
            .unwrap();
        assert_eq!((read[2].stock, read[2].length, read[2].cents), (3, 33, 300));
        assert_eq!(read[2].day, jiff::civil::date(2026, 3, 3));
        let other = before::Item::query()
            .filter(before::Item::STOCK.eq(4))
            .one(&mut scope)
            .unwrap();
        assert_eq!((other.size.as_str(), other.price), ("44", 400));
        assert_eq!(other.at, "2026-04-04T00:00:00Z".parse().unwrap());
        // The former type has no room for it, and nobody could read it there.
        let wide = new!(after::Item {
            stock: 5,
            length: 55,
            day,
            cents: 3_000_000_000_i64
        });
        let error = after::Item::insert(wide).execute(&mut scope).unwrap_err();
        let told = format!("{error:?}{error}");
        assert!(
            told.contains("none of the type `integer`, which `price` has"),
            "{told}"
        );
    }
    drop(db);
    given.migrate();
    given.expect_structure(&AFTER);
    let rows = [
        "1 11 2026-01-01 100",
        "2 22 abc 2026-01-02 200",
        "3 33 2026-03-03 300",
        "4 44 xyz 2026-04-04 400",
    ];
    assert_eq!(given.finds(NEW), rows);
}

#[test]
fn types_go_up_and_down_with_rows() {
    let mut given = Given::new(&BEFORE, ROWS);
    given.become_(&AFTER, &choices());
    assert_eq!(
        given.finds(NEW),
        ["1 11 2026-01-01 100", "2 22 abc 2026-01-02 200"]
    );
}

#[test]
fn rows_that_do_not_convert_are_listed_before_anything_is_dropped() {
    let mut given = Given::new(&BEFORE, ROWS);
    given.run(
        "acme",
        "UPDATE {t}.items SET size = 'wide' WHERE id = 2; UPDATE {t}.items SET name = 'too long for it' WHERE id = 1",
    );
    given.write(&AFTER, &choices());
    let expand = migrator(given.chain()).phase(Phase::Expand);
    expand.on(&mut given.client).run().unwrap();
    // The version from before writes on what it wrote.
    given.run(
        "acme",
        "INSERT INTO {t}.items (stock, size, at, price) VALUES (9, 'none', now(), 1)",
    );
    let refused = |given: &mut Given| {
        let contract = migrator(given.chain());
        let report = contract.on(&mut given.client).attempt().unwrap();
        let mut failed = report.failed.iter();
        failed
            .next()
            .map(|it| it.error.as_ref().unwrap().message.clone())
    };
    let told = refused(&mut given).unwrap();
    assert!(told.contains("their keys: 2, 3"), "{told}");
    assert!(
        !told.contains("wide") && !told.contains("none'"),
        "no values: {told}"
    );
    given.run(
        "acme",
        "UPDATE {t}.items SET size = '7' WHERE size !~ '^[0-9]+$'",
    );
    let told = refused(&mut given).unwrap();
    assert!(
        told.contains("`name`") && told.contains("keys: 1"),
        "{told}"
    );
    given.run("acme", "UPDATE {t}.items SET name = 'short' WHERE id = 1");
    given.migrate();
    given.expect_structure(&AFTER);
    let lengths = given.finds_in("acme", "SELECT length::text FROM {t}.items ORDER BY id");
    assert_eq!(lengths, ["11", "7", "7"]);
}
