//! Each type at its edges, on every way that a value takes: in rows, arrays and conditions, raw, and over both drivers.

use std::fmt::Debug;

use tenantry::ErrorKind;
use tenantry::exec::blocking;
use tenantry::prelude::*;
use tenantry::value::{Interval, Unbounded};
use tenantry_tests::tables::shared_table;

use super::by_hand;

/// Has every value go each way, and what the server has beside them be an error of its row alone.
///
/// `$odd` are texts that the server reads as values of the type, and the type does not hold.
macro_rules! edges {
    ($($name:ident: $rust:ty, $sql:literal, $values:expr, odd: $odd:expr;)*) => {$(
        mod $name {
            use super::*;

            #[shared_model(table = "edges")]
            #[derive(Debug)]
            struct Edge {
                #[field(key)]
                id: i64,
                value: $rust,
                maybe: Option<$rust>,
                many: Vec<$rust>,
                holes: Vec<Option<$rust>>,
            }

            #[test]
            fn values_go_every_way() {
                let (database, mut scope) = shared_table::<Edge>();
                let values: Vec<$rust> = $values;
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let _inside = runtime.enter();
                let tasks = runtime.block_on(tenantry::tokio::Database::connect(database.url())).unwrap();
                for value in &values {
                    let new = || NewEdge::new(value.clone(), vec![value.clone(); 2], vec![None, Some(value.clone())]).maybe(value.clone());
                    let same = |row: &Edge| {
                        bits(&row.value) == bits(value)
                            && bits(row.maybe.as_ref().unwrap()) == bits(value)
                            && row.many.iter().map(bits).collect::<Vec<_>>() == [bits(value), bits(value)]
                            && row.holes[0].is_none()
                            && bits(row.holes[1].as_ref().unwrap()) == bits(value)
                    };
                    let mut stored = blocking(|| Edge::insert(new()).returning(&mut scope)).unwrap();
                    assert!(same(&stored), "{value:?} was returned as {stored:?}");
                    stored.maybe = None;
                    blocking(|| stored.save(&mut scope)).unwrap();
                    stored.maybe = Some(value.clone());
                    blocking(|| stored.save(&mut scope)).unwrap();
                    for condition in [
                        Edge::VALUE.eq(value.clone()),
                        Edge::VALUE.is_in([value.clone()]),
                        Edge::VALUE.between(value.clone(), value.clone()),
                        Edge::MAYBE.eq(value.clone()),
                        Edge::MAYBE.is_in([None, Some(value.clone())]),
                        Edge::MANY.has(value.clone()),
                        Edge::MANY.eq(vec![value.clone(); 2]),
                    ] {
                        let found = blocking(|| Edge::query().filter(condition).filter(Edge::ID.eq(stored.id)).one(&mut scope));
                        assert!(same(&found.unwrap()), "{value:?} was found as another");
                    }
                    let raw = sql!("SELECT {Edge.value}, $1 FROM {Edge} WHERE {Edge.id} = $2 AND {Edge.value} = $1");
                    let (read, bound): ($rust, $rust) =
                        blocking(|| scope.sql(raw).bind(value.clone()).bind(stored.id).row()).unwrap();
                    assert_eq!([bits(&read), bits(&bound)], [bits(value), bits(value)], "{value:?} in SQL");
                    let mut shared = tasks.shared();
                    let other = runtime.block_on(async {
                        let other = Edge::insert(new()).returning(&mut shared).await?;
                        Edge::query().filter(Edge::VALUE.eq(value.clone())).filter(Edge::ID.eq(other.id)).one(&mut shared).await
                    });
                    assert!(same(&other.unwrap()), "{value:?} in a task");
                }
                // What the server has besides, in the value or in an array, hides no other row.
                let odd: &[&str] = &$odd;
                let usual = "(SELECT value FROM public.usual)";
                let first = NewEdge::new(values[0].clone(), vec![], vec![]);
                blocking(|| {
                    by_hand(&database, "DELETE FROM shared.edges");
                    Edge::insert(first).execute(&mut scope).unwrap();
                    by_hand(&database, "CREATE TABLE public.usual AS TABLE shared.edges");
                });
                for text in odd {
                    blocking(|| by_hand(&database, &format!(
                        "INSERT INTO shared.edges (value, many, holes) VALUES ('{text}', '{{}}', '{{}}'), \
                         ({usual}, ARRAY['{text}'::{sql}], '{{}}'), ({usual}, '{{}}', ARRAY[NULL, '{text}'::{sql}]), ({usual}, '{{}}', '{{}}')",
                        sql = $sql
                    )));
                }
                let rows = blocking(|| Edge::query().order_by(Edge::ID.asc()).try_all(&mut scope)).unwrap();
                assert_eq!(rows.len(), 1 + 4 * odd.len());
                for (number, row) in rows.iter().enumerate() {
                    let (text, column) = match number.checked_sub(1) {
                        Some(number) if number % 4 < 3 => (odd[number / 4], ["value", "many", "holes"][number % 4]),
                        _ => {
                            assert!(row.is_ok(), "{row:?} is as usual");
                            continue;
                        }
                    };
                    let error = row.as_ref().expect_err(text);
                    assert_eq!(error.kind(), ErrorKind::Decode, "{text}: {error}");
                    assert!(error.to_string().contains(&format!("`{column}`")), "{text}: {error}");
                }
                blocking(|| drop((scope, database)));
            }
        }
    )*};
}

/// All that tells a value from others: `-0` is not `0`, `0.10` not `0.1`, and what is no number is equal to itself.
fn bits(value: &impl Debug) -> String {
    format!("{value:?}")
}

fn parsed<T: std::str::FromStr<Err: Debug>>(texts: &[&str]) -> Vec<T> {
    texts.iter().map(|text| text.parse().unwrap()).collect()
}

edges! {
    small: i16, "int2", vec![i16::MIN, -1, 0, i16::MAX], odd: [];
    middle: i32, "int4", vec![i32::MIN, -1, 0, i32::MAX], odd: [];
    big: i64, "int8", vec![i64::MIN, -1, 0, i64::MAX], odd: [];
    single: f32, "float4", vec![0.0, -0.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, f32::MIN_POSITIVE, f32::from_bits(1), f32::EPSILON, 16_777_217.0, 0.1], odd: [];
    double: f64, "float8", vec![0.0, -0.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, f64::MAX, f64::MIN, f64::MIN_POSITIVE, f64::from_bits(1), f64::EPSILON, 9_007_199_254_740_993.0, 0.1 + 0.2], odd: [];
    yes: bool, "bool", vec![true, false], odd: [];
    text: String, "text", parsed(&["", " ", "  a  ", "'", "\\", "\\'", "%_", "{a,\"b\"}", "NULL", "null", "\u{1}\u{7f}\u{80}\u{85}\u{2028}", "\u{feff}\u{fffe}\u{ffff}\u{10ffff}", "e\u{301} é", "\r\n\t", "$1 $$ --"]), odd: [];
    interval: Interval, "interval", vec![
            Interval::default(), Interval::months(-1), Interval::days(i32::MAX), Interval::microseconds(-1),
            Interval { months: 1, days: -31, microseconds: 86_400_000_001 }, Interval { months: i32::MAX - 1, days: i32::MAX, microseconds: i64::MAX },
            Interval { months: i32::MIN + 1, days: i32::MIN, microseconds: i64::MIN },
        ], odd: [];
    uuid: Uuid, "uuid", vec![Uuid::nil(), Uuid::max(), Uuid::from_u128(1)], odd: [];
    decimal: Decimal, "numeric", parsed(&["0", "0.0000000000000000000000000000", "1", "10000", "0.0001", "0.00010", "-79228162514264337593543950335", "7.9228162514264337593543950335", "-0.0000000000000000000000000001", "100000000000000000000000000.00"]),
        odd: ["NaN", "Infinity", "-Infinity", "79228162514264337593543950336", "1e131071", "1e-16383", "0.00000000000000000000000000001"];
    jiff_timestamp: Timestamp, "timestamptz", parsed(&["-004713-11-24T00:00:00Z", "0000-01-01T00:00:00.000001Z", "1969-12-31T23:59:59.999999Z", "1999-12-31T23:59:59.999999Z", "2000-01-01T00:00:00Z", "9999-12-30T21:59:59.999999Z"]),
        odd: ["infinity", "-infinity", "294276-12-31 23:59:59.999999Z", "10000-01-01Z"];
    jiff_local: jiff::civil::DateTime, "timestamp", parsed(&["-004713-11-24T00:00:00", "1999-12-31T23:59:59.999999", "9999-12-31T23:59:59.999999"]),
        odd: ["infinity", "-infinity", "294276-12-31 23:59:59.999999", "10000-01-01"];
    jiff_date: Date, "date", parsed(&["-004713-11-24", "0000-02-29", "9999-12-31"]), odd: ["infinity", "-infinity", "5874897-12-31", "10000-01-01"];
    jiff_time: jiff::civil::Time, "time", parsed(&["00:00:00", "23:59:59.999999"]), odd: ["24:00"];
    unbounded_timestamp: Unbounded<Timestamp>, "timestamptz", vec![Unbounded::Infinity, Unbounded::NegativeInfinity, Unbounded::At(Timestamp::UNIX_EPOCH)], odd: ["294276-12-31Z"];
    unbounded_chrono: Unbounded<chrono::NaiveDate>, "date", vec![Unbounded::Infinity, Unbounded::NegativeInfinity, Unbounded::At(chrono::NaiveDate::MAX)], odd: ["5874897-12-31"];
    unbounded_time: Unbounded<time::PrimitiveDateTime>, "timestamp", vec![Unbounded::Infinity, Unbounded::NegativeInfinity, Unbounded::At(time::PrimitiveDateTime::MAX.replace_nanosecond(999_999_000).unwrap())], odd: ["294276-12-31"];
    chrono_timestamp: chrono::DateTime<chrono::Utc>, "timestamptz", parsed(&["-4713-11-24T00:00:00Z", "1999-12-31T23:59:59.999999Z", "+262142-12-31T23:59:59.999999Z"]),
        odd: ["infinity", "-infinity", "294276-12-31 23:59:59.999999Z", "262143-01-01Z"];
    chrono_local: chrono::NaiveDateTime, "timestamp", parsed(&["-4713-11-24T00:00:00", "1999-12-31T23:59:59.999999", "+262142-12-31T23:59:59.999999"]),
        odd: ["infinity", "-infinity", "294276-12-31 23:59:59.999999", "262143-01-01"];
    chrono_date: chrono::NaiveDate, "date", parsed(&["-4713-11-24", "0000-02-29", "+262142-12-31"]), odd: ["infinity", "-infinity", "5874897-12-31", "262143-01-01"];
    chrono_time: chrono::NaiveTime, "time", parsed(&["00:00:00", "23:59:59.999999"]), odd: ["24:00"];
    time_timestamp: time::OffsetDateTime, "timestamptz", vec![time::OffsetDateTime::UNIX_EPOCH, time::PrimitiveDateTime::MAX.replace_nanosecond(999_999_000).unwrap().assume_utc(), time::Date::from_calendar_date(-4713, time::Month::November, 24).unwrap().midnight().assume_utc()],
        odd: ["infinity", "-infinity", "294276-12-31 23:59:59.999999Z", "10000-01-01Z"];
    time_local: time::PrimitiveDateTime, "timestamp", vec![time::PrimitiveDateTime::MAX.replace_nanosecond(999_999_000).unwrap(), time::Date::from_calendar_date(-4713, time::Month::November, 24).unwrap().midnight()],
        odd: ["infinity", "-infinity", "294276-12-31 23:59:59.999999", "10000-01-01"];
    time_date: time::Date, "date", vec![time::Date::MAX, time::Date::from_calendar_date(-4713, time::Month::November, 24).unwrap()], odd: ["infinity", "-infinity", "5874897-12-31", "10000-01-01"];
    time_time: time::Time, "time", vec![time::Time::MIDNIGHT, time::Time::from_hms_micro(23, 59, 59, 999_999).unwrap()], odd: ["24:00"];
}
