//! JSON: numbers with their bits, and what `jsonb` can't hold.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use serde_json::{Value, json};
use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry_tests::tables::shared_table;

use super::{by_hand, every, refused};

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
enum Shape {
    Point,
    Circle(f64),
    Line(f64, f32),
    Named {
        parts: Vec<Option<f64>>,
        names: BTreeMap<String, i128>,
    },
}

#[shared_model]
#[derive(Debug)]
struct Reading {
    #[field(key)]
    id: i64,
    value: Json<f64>,
    shape: Json<Shape>,
    list: Vec<Json<f64>>,
    maybe: Option<Json<Vec<Option<f64>>>>,
}

fn reading(value: f64, shape: Shape) -> NewReading {
    NewReading::new(Json(value), Json(shape), vec![Json(value)])
        .maybe(Json(vec![None, Some(value)]))
}

/// Finite numbers of every size, but the negative zero.
fn numbers() -> impl Strategy<Value = f64> {
    let edges = [
        117.633_311_394_000_17,
        9_007_199_254_740_991.0,
        f64::MAX,
        f64::MIN,
        f64::MIN_POSITIVE,
        5e-324,
        0.0,
        1e22,
        123_456_789_012_345_680.0,
        0.1,
    ];
    let any = any::<u64>().prop_map(f64::from_bits);
    prop_oneof![
        proptest::sample::select(edges.to_vec()),
        any.prop_filter("a number of JSON", |number| number.is_finite()
            && (*number != 0.0 || number.is_sign_positive()))
    ]
}

#[shared_model]
#[derive(Debug)]
struct Loose {
    #[field(key)]
    id: i64,
    value: Json<Value>,
}

#[test]
fn a_fraction_without_digits_behind_the_point_is_no_whole_number_afterwards() {
    let (_database, mut scope) = shared_table::<Loose>();
    let numbers = [
        1.0,
        9_007_199_254_740_993.0,
        1e16,
        -1e16,
        1e18,
        9.223_372_036_854_776e18,
        -9.223_372_036_854_776e18,
        1.8e19,
        1.844_674_407_370_955_2e19,
        1e22,
        f64::MAX,
    ];
    let value =
        json!([numbers.to_vec(), {"one": numbers[2]}, 10_000_000_000_000_000_i64, u64::MAX]);
    let mut row = Loose::insert(NewLoose::new(Json(value.clone())))
        .returning(&mut scope)
        .unwrap();
    assert_eq!(row.value.0, value);
    row.value.0[2] = 5.into();
    row.save(&mut scope).unwrap();
    assert_eq!(row.value.0[0], value[0]);
}

#[test]
fn numbers_in_json_come_back_with_their_bits() {
    let (_database, mut scope) = shared_table::<Reading>();
    let values = (numbers(), any::<f32>(), any::<i128>(), any::<String>());
    let values = values.prop_filter("storable", |(_, single, _, name)| {
        single.is_finite() && (*single != 0.0 || single.is_sign_positive()) && !name.contains('\0')
    });
    every::<_, Reading, _>(
        &mut scope,
        values,
        |(value, single, whole, name)| {
            let shape = match whole % 4 {
                0 => Shape::Point,
                1 => Shape::Circle(value),
                2 => Shape::Line(value, single),
                _ => Shape::Named {
                    parts: vec![Some(value), None],
                    names: BTreeMap::from([(name, whole)]),
                },
            };
            reading(value, shape)
        },
        |(value, single, whole, name), row| {
            let bits = |other: f64| other.to_bits() == value.to_bits();
            let shape = match &row.shape.0 {
                Shape::Point => true,
                Shape::Circle(other) => bits(*other),
                Shape::Line(other, narrow) => bits(*other) && narrow.to_bits() == single.to_bits(),
                Shape::Named { parts, names } => bits(parts[0].unwrap()) && names[name] == *whole,
            };
            let maybe = row.maybe.as_ref().unwrap();
            shape && bits(row.value.0) && bits(row.list[0].0) && bits(maybe[1].unwrap())
        },
    );
}

#[test]
fn what_json_has_not_is_refused_wherever_it_is() {
    let (_database, mut scope) = shared_table::<Reading>();
    for odd in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -0.0] {
        for (field, new) in [
            ("value", reading(odd, Shape::Point)),
            ("shape", reading(1.0, Shape::Circle(odd))),
            ("shape", reading(1.0, Shape::Line(odd, 1.0))),
            (
                "shape",
                reading(
                    1.0,
                    Shape::Named {
                        parts: vec![Some(odd)],
                        names: BTreeMap::new(),
                    },
                ),
            ),
            (
                "list",
                NewReading::new(Json(1.0), Json(Shape::Point), vec![Json(1.0), Json(odd)]),
            ),
            (
                "maybe",
                reading(1.0, Shape::Point).maybe(Json(vec![Some(odd)])),
            ),
        ] {
            let outcome = Reading::insert(new).execute(&mut scope);
            refused(outcome, ErrorKind::Encode, &["Reading", field, "help: "]);
        }
    }
    let names = BTreeMap::from([("a\0".to_owned(), 1)]);
    let shape = Shape::Named {
        parts: vec![],
        names,
    };
    let outcome = Reading::insert(reading(1.0, shape)).execute(&mut scope);
    refused(outcome, ErrorKind::Encode, &["NUL", "shape"]);
    assert_eq!(Reading::query().all(&mut scope).unwrap().len(), 0);
}

#[shared_model]
#[derive(Debug)]
struct Anything {
    #[field(key)]
    id: i64,
    name: String,
    value: Value,
}

fn deep(levels: usize) -> Value {
    (0..levels).fold(Value::Null, |inner, _| Value::Array(vec![inner]))
}

#[test]
fn json_that_could_not_be_read_again_is_refused() {
    let (_database, mut scope) = shared_table::<Anything>();
    Anything::insert(NewAnything::new("a", deep(127)))
        .execute(&mut scope)
        .unwrap();
    let too_deep = Anything::insert(NewAnything::new("a", deep(128))).execute(&mut scope);
    refused(too_deep, ErrorKind::Encode, &["value", "127"]);
    let nul = Anything::insert(NewAnything::new("a", json!({"a": ["b\0"]}))).execute(&mut scope);
    refused(nul, ErrorKind::Encode, &["value", "NUL"]);
    let slash = Anything::insert(NewAnything::new("a", json!({"a": "\\u0000"})));
    assert_eq!(
        slash.returning(&mut scope).unwrap().value,
        json!({"a": "\\u0000"})
    );
    assert_eq!(Anything::query().all(&mut scope).unwrap().len(), 2);
}

#[test]
fn a_number_that_is_too_long_is_not_rounded_by_saving_something_else() {
    let (database, mut scope) = shared_table::<Anything>();
    for (stored, exact) in [
        (r#"{"n": 123456789012345678901234567890, "k": 1}"#, false),
        (
            r#"{"n": 0.1000000000000000055511151231257827, "k": 1}"#,
            false,
        ),
        (r#"{"n": -1.00000000000000000000000000001, "k": 1}"#, false),
        (r#"{"n": 18446744073709551615, "k": 1}"#, true),
        (r#"{"n": -9223372036854775808, "k": 1}"#, true),
        (r#"{"n": 100000000000000000000, "k": 1}"#, true),
        (
            r#"{"n": 117.63331139400017, "k": "123456789012345678901234567890"}"#,
            true,
        ),
    ] {
        by_hand(
            &database,
            &format!(
                "DELETE FROM shared.anythings; INSERT INTO shared.anythings (name, value) VALUES ('a', '{stored}')"
            ),
        );
        let text = |scope: &mut SharedScope| -> String {
            let statement = sql!("SELECT {Anything.value}::text FROM {Anything}");
            scope.sql(statement).row().unwrap()
        };
        let before = text(&mut scope);
        let mut row = Anything::query().one(&mut scope).unwrap();
        row.name = "b".to_owned();
        row.save(&mut scope).unwrap();
        assert_eq!(text(&mut scope), before, "another column was saved");
        row.value["k"] = json!(2);
        let outcome = row.save(&mut scope);
        if exact {
            outcome.unwrap();
            assert_eq!(
                text(&mut scope),
                before
                    .replace("\"k\": 1", "\"k\": 2")
                    .replace("\"k\": \"123456789012345678901234567890\"", "\"k\": 2")
            );
        } else {
            refused(
                outcome,
                ErrorKind::Encode,
                &["Anything", "value", "update_where"],
            );
            assert_eq!(text(&mut scope), before);
            // The way round.
            let whole =
                Anything::update_where(Anything::ID.eq(row.id)).set(Anything::VALUE, json!(1));
            assert_eq!(whole.execute(&mut scope).unwrap(), 1);
        }
    }
}

/// Numbers of single precision, which hold fewer digits than `jsonb` and than most other numbers in Rust.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Single {
    ratio: f32,
    rest: Vec<Option<f32>>,
    note: i64,
}

#[shared_model]
#[derive(Debug)]
struct Gauge {
    #[field(key)]
    id: i64,
    value: Json<Single>,
}

#[test]
fn a_number_that_single_precision_rounds_is_not_changed_by_saving_something_else() {
    let (database, mut scope) = shared_table::<Gauge>();
    for (ratio, rest, exact) in [
        ("0.123456789", "[]", false),
        ("16777217", "[]", false),
        ("1", "[null, 1.0000001234]", false),
        ("1", "[-3.14159265]", false),
        ("1", "[0.30000001192092896]", false),
        (
            "0.1",
            "[null, 16777216, 1234567, 0.12345679, -123456.7]",
            true,
        ),
    ] {
        by_hand(
            &database,
            &format!(
                r#"DELETE FROM shared.gauges; INSERT INTO shared.gauges (value) VALUES ('{{"ratio": {ratio}, "rest": {rest}, "note": 1}}')"#
            ),
        );
        let text = |scope: &mut SharedScope| -> String {
            let statement = sql!("SELECT {Gauge.value}::text FROM {Gauge}");
            scope.sql(statement).row().unwrap()
        };
        let before = text(&mut scope);
        let mut row = Gauge::query().one(&mut scope).unwrap();
        row.value.note = 2;
        let outcome = row.save(&mut scope);
        if exact {
            outcome.unwrap();
            let after = before.replace("\"note\": 1", "\"note\": 2");
            let numbers = |text: &str| serde_json::from_str::<Single>(text).unwrap();
            assert_eq!(numbers(&text(&mut scope)), numbers(&after));
        } else {
            refused(outcome, ErrorKind::Encode, &["Gauge", "value"]);
            assert_eq!(text(&mut scope), before);
        }
    }
}

#[test]
fn numbers_that_a_type_leaves_out_or_turns_into_something_else_are_not_taken_for_rounded() {
    let (database, mut scope) = shared_table::<Gauge>();
    by_hand(
        &database,
        r#"INSERT INTO shared.gauges (value) VALUES ('{"ratio": 1, "rest": [], "note": 1700000001, "old": 1700000000}')"#,
    );
    let mut row = Gauge::query().one(&mut scope).unwrap();
    row.value.ratio = 0.1;
    row.save(&mut scope).unwrap();
    assert_eq!(row.value.note, 1_700_000_001);
}

#[shared_model]
#[derive(Debug)]
struct Verbatim {
    #[field(key)]
    id: i64,
    value: Json<Box<RawValue>>,
}

#[test]
fn raw_json_holds_numbers_of_any_length() {
    let (_database, mut scope) = shared_table::<Verbatim>();
    let raw = |text: &str| Json(RawValue::from_string(text.to_owned()).unwrap());
    let long = r#"{"n": 123456789012345678901234567890.10}"#;
    let mut row = Verbatim::insert(NewVerbatim::new(raw(long)))
        .returning(&mut scope)
        .unwrap();
    assert_eq!(row.value.get(), long);
    row.value = raw(r#"{"n": 1234567890123456789012345678901}"#);
    row.save(&mut scope).unwrap();
    let read = Verbatim::find(row.id).one(&mut scope).unwrap();
    assert_eq!(
        read.value.get(),
        r#"{"n": 1234567890123456789012345678901}"#
    );
    for twice in [
        r#"{"a": 1, "a": 2}"#,
        r#"[{"b": {"a": 1, "c": 3, "\u0061": 2}}]"#,
        r#"{"": [{"a": 1}], "" : 1}"#,
    ] {
        let outcome = Verbatim::insert(NewVerbatim::new(raw(twice))).execute(&mut scope);
        refused(outcome, ErrorKind::Encode, &["value", "twice", "help: "]);
    }
    let once = r#"[{"a": "a", "b": {"a": ["a", "a"], "A": 1}}, {"a": {"a": {"a": 1}}}]"#;
    Verbatim::insert(NewVerbatim::new(raw(once)))
        .execute(&mut scope)
        .unwrap();
    let nul = Verbatim::insert(NewVerbatim::new(raw(r#"["\u0000"]"#))).execute(&mut scope);
    refused(nul, ErrorKind::Encode, &["value", "NUL"]);
}

/// A value that can't be written as it was read.
#[derive(Debug, Deserialize)]
struct Draft {
    #[serde(default)]
    is_final: bool,
}

impl Serialize for Draft {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_final {
            return serializer.serialize_unit();
        }
        Err(serde::ser::Error::custom("it is a draft"))
    }
}

#[shared_model]
#[derive(Debug)]
struct Letter {
    #[field(key, given)]
    id: i64,
    value: Json<Draft>,
}

#[test]
fn a_row_that_could_not_be_written_is_not_taken_for_another() {
    let (database, mut scope) = shared_table::<Letter>();
    let rows = "INSERT INTO shared.letters VALUES (1, '{}'), (2, '{}')";
    by_hand(&database, rows);
    let mut first = Letter::find(1).one(&mut scope).unwrap();
    first.value.0.is_final = true;
    first.id = 2;
    let words = ["Letter", "value", "it is a draft"];
    refused(first.save(&mut scope), ErrorKind::Encode, &words);
    refused(first.reload(&mut scope), ErrorKind::Encode, &words);
    refused(first.delete(&mut scope), ErrorKind::Encode, &words);
    assert_eq!(Letter::query().count(&mut scope).unwrap(), 2);
}
