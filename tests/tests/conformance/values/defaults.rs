//! Defaults at the ends of their types: an insert takes them, and they are read again.

use tenantry::prelude::*;
use tenantry::value::Interval;
use tenantry_tests::tables::shared_table;

#[shared_model]
#[derive(Debug)]
struct Ends {
    #[field(key)]
    id: i64,
    name: String,
    #[field(default = "{+1, 007 ,\"2\"}")]
    wholes: Vec<i32>,
    #[field(default = "{1e3,.5,NaN,-Infinity}")]
    floats: Vec<f64>,
    #[field(default = "{1e-28,\"0.50\",1e27}")]
    decimals: Vec<Decimal>,
    #[field(default = "-1234567890123456789012345678")]
    decimal: Decimal,
    #[field(default = "0.0000000000000000000000000001")]
    small: Decimal,
    #[field(
        default = "{\"a\": [1.7976931348623157e308, 1e-16383], \"b\": \"\\ud83d\\ude00\", \"A\": {\"a\": null}}"
    )]
    json: Json<serde_json::Value>,
}

#[test]
fn values_of_defaults_are_read_again() {
    let (_database, mut scope) = shared_table::<Ends>();
    let row = Ends::insert(NewEnds::new("a"))
        .returning(&mut scope)
        .unwrap();
    assert_eq!(row.wholes, [1, 7, 2]);
    assert_eq!(row.floats[..2], [1000.0, 0.5]);
    assert!(row.floats[2].is_nan() && row.floats[3] == f64::NEG_INFINITY);
    let decimals = row.decimals.iter().map(Decimal::normalize);
    assert_eq!(
        decimals.map(|one| one.to_string()).collect::<Vec<_>>(),
        [
            "0.0000000000000000000000000001",
            "0.5",
            "1000000000000000000000000000"
        ]
    );
    assert_eq!(row.decimal.to_string(), "-1234567890123456789012345678");
    assert_eq!(row.small.to_string(), "0.0000000000000000000000000001");
    assert_eq!(row.json["a"][0], f64::MAX);
    assert_eq!(row.json["b"], "😀");
}

/// Defines a model with the types of one library, whose defaults are the ends of their calendar.
macro_rules! calendar {
    ($test:ident, $last:literal, $moment:ty, $local:ty, $date:ty, $time:ty) => {
        mod $test {
            use super::*;

            #[shared_model]
            #[derive(Debug)]
            struct Moment {
                #[field(key)]
                id: i64,
                name: String,
                #[field(default = "0001-01-01 00:00:00+15:59")]
                first: $moment,
                #[field(default = $last)]
                last: $moment,
                #[field(default = "0001-01-01 00:00:00")]
                first_local: $local,
                #[field(default = "9999-12-31 23:59:59.999999")]
                last_local: $local,
                #[field(default = "0001-01-01")]
                first_date: $date,
                #[field(default = "9999-12-31")]
                last_date: $date,
                #[field(default = "23:59:59.999999")]
                last_time: $time,
            }

            #[test]
            fn ends_of_the_calendar_are_read_again() {
                let (_database, mut scope) = shared_table::<Moment>();
                let row = Moment::insert(NewMoment::new("a"))
                    .returning(&mut scope)
                    .unwrap();
                let again = Moment::find(&row).one(&mut scope).unwrap();
                assert!(again.first < again.last && again.first_local < again.last_local);
                assert!(again.first_date < again.last_date && again.last_time == row.last_time);
            }
        }
    };
}

calendar!(
    jiff_types,
    "9999-12-30 22:00:00.999999Z",
    Timestamp,
    jiff::civil::DateTime,
    Date,
    jiff::civil::Time
);
calendar!(
    chrono_types,
    "9999-12-31 23:59:59.999999-15:59",
    chrono::DateTime<chrono::Utc>,
    chrono::NaiveDateTime,
    chrono::NaiveDate,
    chrono::NaiveTime
);
calendar!(
    time_types,
    "9999-12-31 23:59:59.999999Z",
    time::OffsetDateTime,
    time::PrimitiveDateTime,
    time::Date,
    time::Time
);

#[shared_model]
#[derive(Debug)]
struct Limits {
    #[field(key)]
    id: i64,
    name: String,
    #[field(default = -32768)]
    least_small: i16,
    #[field(default = 32767)]
    small: i16,
    #[field(default = -2147483648)]
    least: i32,
    #[field(default = 2147483647)]
    whole: i32,
    #[field(default = -9223372036854775808)]
    least_big: i64,
    #[field(default = 9223372036854775807)]
    big: i64,
    #[field(default = -0.0)]
    zero: f64,
    #[field(default = "NaN")]
    none: f64,
    #[field(default = "-Infinity")]
    endless: f32,
    #[field(default = 1.7976931348623157e308)]
    greatest: f64,
    #[field(default = 5e-324)]
    smallest: f64,
    #[field(default = 1.1754944e-38)]
    normal: f32,
    #[field(default = "{-32768,32767}")]
    smalls: Vec<i16>,
    #[field(default = "{NULL,-0.0,\"NaN\"}")]
    maybe: Vec<Option<f64>>,
    #[field(default = "{NULL,\"NULL\",\"\"}")]
    texts: Vec<Option<String>>,
    #[field(default = "a  ", max_length = 3)]
    blanks: String,
    #[field(default = sql("'infinity'"))]
    until: tenantry::value::Unbounded<Date>,
    #[field(default = sql("'-infinity'"))]
    since: tenantry::value::Unbounded<Timestamp>,
    #[field(default = sql("'P-1Y2M-3DT-4H0.000001S'"))]
    span: Interval,
    #[field(default = sql("'178956970 years 7 months 2147483647 days'"))]
    longest: Interval,
    #[field(default = sql("'{P1D,NULL}'"))]
    spans: Vec<Option<Interval>>,
    #[field(default = "\\x00ff5c27")]
    bytes: Vec<u8>,
    #[field(default = "9999999999999999999999999999")]
    decimal: Decimal,
    #[field(default = "99.99", precision = 4, scale = 2)]
    cents: Decimal,
}

#[test]
fn limits_are_read_again_bit_by_bit() {
    let (_database, mut scope) = shared_table::<Limits>();
    let row = Limits::insert(NewLimits::new("a"))
        .returning(&mut scope)
        .unwrap();
    let row = Limits::find(&row).one(&mut scope).unwrap();
    assert_eq!((row.least_small, row.small), (i16::MIN, i16::MAX));
    assert_eq!((row.least, row.whole), (i32::MIN, i32::MAX));
    assert_eq!((row.least_big, row.big), (i64::MIN, i64::MAX));
    assert_eq!(row.zero.to_bits(), (-0.0_f64).to_bits());
    assert!(row.none.is_nan());
    assert_eq!(row.endless.to_bits(), f32::NEG_INFINITY.to_bits());
    assert_eq!(row.greatest.to_bits(), f64::MAX.to_bits());
    assert_eq!(row.smallest.to_bits(), 1);
    assert_eq!(row.normal.to_bits(), f32::MIN_POSITIVE.to_bits());
    assert_eq!(row.smalls, [i16::MIN, i16::MAX]);
    assert_eq!(row.maybe[0], None);
    assert_eq!(row.maybe[1].unwrap().to_bits(), (-0.0_f64).to_bits());
    assert!(row.maybe[2].unwrap().is_nan());
    let texts: Vec<_> = row.texts.iter().map(Option::as_deref).collect();
    assert_eq!(texts, [None, Some("NULL"), Some("")]);
    assert_eq!(row.blanks, "a  ");
    assert_eq!(row.until, tenantry::value::Unbounded::Infinity);
    assert_eq!(row.since, tenantry::value::Unbounded::NegativeInfinity);
    let span = Interval {
        months: -10,
        days: -3,
        microseconds: -14_399_999_999,
    };
    assert_eq!(row.span, span);
    let longest = Interval {
        months: i32::MAX,
        days: i32::MAX,
        microseconds: 0,
    };
    assert_eq!(row.longest, longest);
    assert_eq!(row.spans, [Some(Interval::days(1)), None]);
    assert_eq!(row.bytes, [0, 0xff, 0x5c, 0x27]);
    assert_eq!(row.decimal.to_string(), "9999999999999999999999999999");
    assert_eq!(row.cents.to_string(), "99.99");
}
