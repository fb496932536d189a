//! Values survive the way to PostgreSQL and back, whatever their type.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::collections::BTreeMap;
use std::fmt::Debug;

use serde::{Deserialize, Serialize};
use tenantry::prelude::*;
use tenantry_tests::tables::shared_table;

/// Inserts, reads, saves and reads a value again.
fn there_and_back<M>(
    row: impl tenantry::model::NewRow<Model = M>,
    check: impl Fn(&M),
    change: impl FnOnce(&mut M),
) where
    M: Model<Placement = SharedSchema, Key = i64>
        + tenantry::model::Writable
        + PartialEq
        + Debug
        + Send,
{
    let (_database, mut scope) = shared_table::<M>();
    let mut stored = M::insert(row).returning(&mut scope).unwrap();
    check(&stored);
    check(&M::find(&stored).one(&mut scope).unwrap());
    change(&mut stored);
    let wanted = format!("{stored:?}");
    stored.save(&mut scope).unwrap();
    assert_eq!(
        format!("{:?}", M::find(&stored).one(&mut scope).unwrap()),
        wanted
    );
}

#[shared_model]
#[derive(Debug, PartialEq)]
struct Scalars {
    #[field(key)]
    id: i64,
    small: i16,
    middle: i32,
    big: i64,
    single: f32,
    double: f64,
    yes: bool,
    text: String,
    bytes: Vec<u8>,
    uuid: Uuid,
    decimal: Decimal,
    timestamp: Timestamp,
    date: Date,
    time: jiff::civil::Time,
    local: jiff::civil::DateTime,
    none: Option<String>,
}

#[test]
fn scalars_come_back_as_they_were() {
    let uuid = Uuid::from_u128(0x0011_2233_4455_6677_8899_aabb_ccdd_eeff);
    let decimal: Decimal = "-12345678901234567890.0123456789".parse().unwrap();
    let timestamp: Timestamp = "2026-11-24T06:00:00.123456Z".parse().unwrap();
    let (date, time) = (
        jiff::civil::date(-4000, 2, 28),
        jiff::civil::time(23, 59, 59, 999_999_000),
    );
    let local = jiff::civil::date(2026, 2, 28).at(1, 2, 3, 4000);
    let new = NewScalars::new(
        i16::MIN,
        i32::MAX,
        i64::MIN,
        f32::MAX,
        f64::MIN_POSITIVE,
        true,
        "naïve ' \" \\ \u{1f418}",
        vec![0, 255, 10],
        uuid,
        decimal,
        timestamp,
        date,
        time,
        local,
    );
    there_and_back::<Scalars>(
        new,
        |row| {
            assert_eq!(
                (row.small, row.middle, row.big),
                (i16::MIN, i32::MAX, i64::MIN)
            );
            assert_eq!(
                (row.single.to_bits(), row.double.to_bits()),
                (f32::MAX.to_bits(), f64::MIN_POSITIVE.to_bits())
            );
            assert_eq!(
                (row.text.as_str(), row.bytes.as_slice()),
                ("naïve ' \" \\ \u{1f418}", &[0, 255, 10][..])
            );
            assert_eq!(
                (row.uuid, row.decimal, row.timestamp),
                (uuid, decimal, timestamp)
            );
            assert_eq!((row.date, row.time, row.local), (date, time, local));
            assert_eq!((row.yes, row.none.as_deref()), (true, None));
        },
        |row| {
            row.none = Some(String::new());
            row.yes = false;
            row.bytes = Vec::new();
            row.double = f64::INFINITY;
        },
    );
}

/// How far an order is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Column)]
enum Progress {
    Open,
    #[column(rename = "sent-out")]
    Sent,
}

#[derive(Debug, Clone, PartialEq, Eq, Column)]
struct Sku(String);

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Address {
    street: String,
    numbers: BTreeMap<String, i32>,
}

#[shared_model]
#[derive(Debug, PartialEq)]
struct Composed {
    #[field(key)]
    id: i64,
    progress: Progress,
    sku: Sku,
    address: Json<Address>,
    anything: serde_json::Value,
    numbers: Vec<i64>,
    names: Vec<String>,
    days: Option<Vec<Date>>,
    states: Vec<Progress>,
    skus: Vec<Sku>,
}

#[test]
fn enums_newtypes_json_and_arrays_come_back_as_they_were() {
    let address = Address {
        street: "Ö 1".to_owned(),
        numbers: BTreeMap::from([("a".to_owned(), 1)]),
    };
    let wanted = address.clone();
    let new = NewComposed::new(
        Progress::Sent,
        Sku("x-1".to_owned()),
        Json(address),
        serde_json::json!({"a": [1, null, "ü"]}),
        vec![1, -1],
        vec!["{,\"}".to_owned(), String::new()],
        vec![Progress::Open, Progress::Sent],
        Vec::<Sku>::new(),
    );
    there_and_back::<Composed>(
        new,
        |row| {
            assert_eq!((row.progress, row.sku.0.as_str()), (Progress::Sent, "x-1"));
            assert_eq!(row.address.0, wanted);
            assert_eq!(row.anything, serde_json::json!({"a": [1, null, "ü"]}));
            assert_eq!(
                (row.numbers.as_slice(), row.names[0].as_str()),
                (&[1, -1][..], "{,\"}")
            );
            assert_eq!(
                (row.states.as_slice(), row.skus.len()),
                (&[Progress::Open, Progress::Sent][..], 0)
            );
            assert_eq!(row.days, None);
        },
        |row| {
            row.days = Some(vec![jiff::civil::date(2026, 1, 1)]);
            row.skus.push(Sku("y".to_owned()));
            row.progress = Progress::Open;
            row.address.street.clear();
        },
    );
}

#[test]
fn conditions_work_on_arrays_enums_and_newtypes() {
    let (_database, mut scope) = shared_table::<Composed>();
    let new = |numbers: Vec<i64>, sku: &str| {
        let address = Address {
            street: String::new(),
            numbers: BTreeMap::new(),
        };
        let sku = Sku(sku.to_owned());
        NewComposed::new(
            Progress::Open,
            sku,
            Json(address),
            serde_json::Value::Null,
            numbers,
            vec![],
            vec![],
            vec![],
        )
    };
    Composed::insert(new(vec![1, 2], "a"))
        .execute(&mut scope)
        .unwrap();
    Composed::insert(new(vec![2, 3], "b"))
        .execute(&mut scope)
        .unwrap();
    let mut count = |condition| {
        Composed::query()
            .filter(condition)
            .count(&mut scope)
            .unwrap()
    };
    assert_eq!(count(Composed::NUMBERS.has(2)), 2);
    assert_eq!(count(Composed::NUMBERS.has(3)), 1);
    assert_eq!(count(Composed::NUMBERS.eq(vec![1, 2])), 1);
    assert_eq!(count(Composed::PROGRESS.is_in([Progress::Open])), 2);
    assert_eq!(
        count(Composed::SKU.is_in([Sku("a".to_owned()), Sku("c".to_owned())])),
        1
    );
    assert_eq!(count(Composed::ANYTHING.eq(serde_json::Value::Null)), 2);
}

#[test]
fn an_enum_column_takes_no_other_label() {
    let (database, mut scope) = shared_table::<Composed>();
    let address = Json(Address {
        street: String::new(),
        numbers: BTreeMap::new(),
    });
    let new = NewComposed::new(
        Progress::Open,
        Sku(String::new()),
        address,
        serde_json::Value::Null,
        vec![],
        vec![],
        vec![],
        vec![],
    );
    Composed::insert(new).execute(&mut scope).unwrap();
    let error = database
        .connect()
        .execute("UPDATE shared.composeds SET progress = 'lost'", &[])
        .unwrap_err();
    assert_eq!(
        error.code(),
        Some(&postgres::error::SqlState::CHECK_VIOLATION)
    );
    let drop = "ALTER TABLE shared.composeds DROP CONSTRAINT composeds_progress_check";
    database
        .connect()
        .batch_execute(&format!(
            "{drop}; UPDATE shared.composeds SET progress = 'lost'"
        ))
        .unwrap();
    let error = Composed::query().all(&mut scope).unwrap_err();
    assert_eq!(error.kind(), tenantry::ErrorKind::Decode);
    let text = error.to_string();
    assert!(
        text.contains("Composed") && text.contains("progress") && !text.contains("lost"),
        "{text}"
    );
    assert!(!format!("{error:?}").contains("lost"), "{error:?}");
    let details = error.details().unwrap();
    assert!(details.contains("`lost`"), "{details}");
}

#[shared_model]
#[derive(Debug, PartialEq)]
struct Chrono {
    #[field(key)]
    id: i64,
    timestamp: chrono::DateTime<chrono::Utc>,
    date: chrono::NaiveDate,
    time: chrono::NaiveTime,
    local: chrono::NaiveDateTime,
}

#[shared_model]
#[derive(Debug, PartialEq)]
struct Times {
    #[field(key)]
    id: i64,
    timestamp: time::OffsetDateTime,
    date: time::Date,
    time: time::Time,
    local: time::PrimitiveDateTime,
}

#[test]
fn chrono_and_time_types_come_back_as_they_were() {
    let instant = chrono::DateTime::from_timestamp(1_700_000_000, 123_456_000).unwrap();
    let local = instant.naive_utc();
    there_and_back::<Chrono>(
        NewChrono::new(instant, local.date(), local.time(), local),
        |row| {
            assert_eq!((row.timestamp, row.local), (instant, local));
            assert_eq!((row.date, row.time), (local.date(), local.time()));
        },
        |row| {
            row.date = chrono::NaiveDate::from_ymd_opt(-4000, 1, 1).unwrap();
        },
    );
    let instant = time::OffsetDateTime::from_unix_timestamp(1_700_000_000).unwrap();
    let local = time::PrimitiveDateTime::new(instant.date(), instant.time());
    there_and_back::<Times>(
        NewTimes::new(instant, local.date(), local.time(), local),
        |row| {
            assert_eq!((row.timestamp, row.local), (instant, local));
            assert_eq!((row.date, row.time), (local.date(), local.time()));
        },
        |row| row.time = time::Time::MIDNIGHT,
    );
}

#[shared_model]
#[derive(Debug, PartialEq)]
struct Generated {
    #[field(key)]
    id: Uuid,
    name: String,
}

#[shared_model]
#[derive(Debug, PartialEq)]
struct Named {
    #[field(key, given)]
    code: String,
    parent: Option<Fk<Named>>,
}

#[test]
fn keys_can_be_uuids_and_texts() {
    let (_database, mut scope) = shared_table::<Generated>();
    let made = Generated::insert(NewGenerated::new("a"))
        .returning(&mut scope)
        .unwrap();
    assert_eq!(made.id.get_version_num(), 4);
    let given = Uuid::from_u128(5);
    Generated::insert(NewGenerated::new("b").id(given))
        .execute(&mut scope)
        .unwrap();
    assert_eq!(Generated::find(given).one(&mut scope).unwrap().name, "b");

    let (_database, mut scope) = shared_table::<Named>();
    let root = Named::insert(NewNamed::new("root"))
        .returning(&mut scope)
        .unwrap();
    Named::insert(NewNamed::new("leaf").parent(&root))
        .execute(&mut scope)
        .unwrap();
    assert_eq!(
        Named::find("leaf").one(&mut scope).unwrap().parent,
        Some(root.key())
    );
    assert_eq!(
        Named::query()
            .filter(Named::PARENT.eq("root"))
            .count(&mut scope)
            .unwrap(),
        1
    );
}

#[test]
fn a_value_that_postgresql_has_not_is_an_error_of_its_own() {
    let (_database, mut scope) = shared_table::<Generated>();
    let error = Generated::insert(NewGenerated::new("a\0b"))
        .execute(&mut scope)
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.model()),
        (tenantry::ErrorKind::Value, Some("Generated"))
    );
}

/// Something written, in a form of the program's.
#[derive(Debug, PartialEq, serde::Serialize, serde::Deserialize)]
struct Letter {
    pages: u32,
}

#[shared_model]
#[derive(Debug)]
struct Post {
    #[field(key)]
    id: i64,
    letter: Json<Letter>,
    notes: Json<serde_json::Value>,
}

#[test]
fn an_error_of_a_row_that_does_not_fit_tells_no_value() {
    let (database, mut scope) = shared_table::<Post>();
    database
        .connect()
        .batch_execute("INSERT INTO shared.posts (letter, notes) VALUES ('{\"pages\": \"ann@x.example\"}', '1')")
        .unwrap();
    let error = Post::query().all(&mut scope).unwrap_err();
    let mut told = vec![error.to_string(), format!("{error:?}")];
    let mut cause = std::error::Error::source(&error);
    while let Some(error) = cause {
        told.extend([error.to_string(), format!("{error:?}")]);
        cause = error.source();
    }
    for text in told {
        assert!(!text.contains("ann@"), "{text}");
    }
    assert!(error.to_string().contains("`letter`"), "{error}");
    let details = error.details().unwrap();
    assert!(details.contains("ann@x.example"), "{details}");
}
