//! Values in conditions of what is copied out, which has no parameters.

use std::io;
use std::net::{IpAddr, Ipv4Addr};

use tenantry::prelude::*;
use tenantry::query::CopyFormat;
use tenantry::value::{Inet, Interval, Range};
use tenantry_tests::tables::shared_table;

/// Ordered as they are written, which is no alphabet's order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Column)]
#[column(enum_type = "current mood")]
enum Mood {
    #[column(rename = "it's \"ok\", \\ so")]
    Okay,
    Happy,
}

#[shared_model]
struct Sample {
    #[field(key)]
    id: i64,
    short: i16,
    long: i64,
    single: f32,
    double: f64,
    yes: bool,
    bytes: Vec<u8>,
    uuid: Uuid,
    exact: Decimal,
    day: Date,
    at: Timestamp,
    local: jiff::civil::DateTime,
    clock: jiff::civil::Time,
    span: Interval,
    address: Inet,
    mood: Mood,
    words: Vec<String>,
    gaps: Vec<Option<i32>>,
    days: Vec<Date>,
    range: Range<i32>,
    times: Range<Timestamp>,
}

fn sample(which: usize) -> NewSample {
    let moments = ["0001-01-02T00:00:00Z", "2026-02-03T10:00:00.123456Z"];
    let at: Timestamp = moments[which].parse().unwrap();
    let local: jiff::civil::DateTime = ["-000044-03-15T12:00", "9999-12-31T23:59:59.999999"][which]
        .parse()
        .unwrap();
    let sign = [-1, 1][which];
    NewSample::new(
        [i16::MIN, i16::MAX][which],
        [i64::MIN, i64::MAX][which],
        [f32::MIN_POSITIVE, f32::NEG_INFINITY][which],
        [0.1 + 0.2, f64::MAX][which],
        which == 1,
        [vec![0, 39, 92, 255], Vec::new()][which].clone(),
        Uuid::from_u128(u128::MAX / 3),
        [Decimal::MIN, Decimal::new(1, 28)][which],
        local.date(),
        at,
        local,
        local.time(),
        Interval {
            months: 14 * sign,
            days: -3,
            microseconds: i64::from(sign) * 90_061_000_001,
        },
        Inet {
            address: IpAddr::V4(Ipv4Addr::LOCALHOST),
            prefix: [32, 8][which],
        },
        [Mood::Okay, Mood::Happy][which],
        vec![
            "NULL".to_owned(),
            "a\"b\\,{}".to_owned(),
            String::new(),
            "'".to_owned(),
        ],
        vec![None, Some(i32::MIN)],
        vec![local.date()],
        Range::from(-3..8),
        Range::from(at..),
    )
}

#[test]
fn a_value_of_each_type_is_the_same_in_a_copy_whatever_the_settings_are() {
    let (database, scope) = shared_table::<Sample>();
    drop(scope);
    // No day and month are told apart by these, and texts of arrays, intervals and bytes have other forms.
    for (name, value) in [
        ("TimeZone", "Asia/Kolkata"),
        ("DateStyle", "SQL, DMY"),
        ("IntervalStyle", "sql_standard"),
        ("bytea_output", "escape"),
        ("extra_float_digits", "-15"),
        ("array_nulls", "off"),
        ("transform_null_equals", "on"),
    ] {
        let set = format!(
            "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET {name} TO %L', current_database(), '{value}'); END $$"
        );
        database.connect().batch_execute(&set).unwrap();
    }
    let db = Database::connect(database.url()).unwrap();
    let mut scope = db.shared().unwrap();
    Sample::insert_many([sample(0), sample(1)])
        .execute(&mut scope)
        .unwrap();
    for row in Sample::query().all(&mut scope).unwrap() {
        macro_rules! all {
            ($($column:ident: $field:ident,)*) => {$(
                let equal = Sample::query().filter(Sample::$column.eq(row.$field.clone()));
                let read = equal.clone().count(&mut scope).unwrap();
                let copied = equal.copy_out(CopyFormat::Binary).write_to(&mut scope, io::sink());
                let name = stringify!($field);
                assert_eq!((copied.unwrap(), read >= 1), (read.unsigned_abs(), true), "{name}");
            )*};
        }
        all! {
            SHORT: short, LONG: long, SINGLE: single, DOUBLE: double, YES: yes, BYTES: bytes, UUID: uuid, EXACT: exact, DAY: day, AT: at,
            LOCAL: local, CLOCK: clock, SPAN: span, ADDRESS: address, MOOD: mood, WORDS: words, GAPS: gaps, DAYS: days, RANGE: range,
            TIMES: times,
        }
    }
    // As they are written they are the same in each session, too.
    let mut text = Vec::new();
    let copied = Sample::query()
        .filter(Sample::MOOD.is_in([Mood::Okay]))
        .select((
            Sample::AT,
            Sample::DOUBLE,
            Sample::BYTES,
            Sample::MOOD,
            Sample::GAPS,
        ));
    copied
        .copy_out(CopyFormat::Text)
        .write_to(&mut scope, &mut text)
        .unwrap();
    assert_eq!(
        String::from_utf8(text).unwrap(),
        "0001-01-02 00:00:00+00\t0.30000000000000004\t\\\\x00275cff\tit's \"ok\", \\\\ so\t{NULL,-2147483648}\n"
    );
}
