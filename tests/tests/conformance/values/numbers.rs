//! Numbers, texts and arrays at their edges.

use proptest::prelude::*;
use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry_tests::tables::shared_table;

use super::{by_hand, every, refused};

#[shared_model]
#[derive(Debug)]
struct Numbers {
    #[field(key)]
    id: i64,
    single: f32,
    double: f64,
    singles: Vec<f32>,
    maybe: Vec<Option<f64>>,
    small: i16,
    middle: i32,
    big: i64,
    bytes: Vec<u8>,
    uuid: Uuid,
}

#[test]
fn every_bit_of_a_number_comes_back() {
    let (_database, mut scope) = shared_table::<Numbers>();
    let single = prop_oneof![
        any::<u32>().prop_map(f32::from_bits),
        Just(-0.0),
        Just(f32::NAN),
        Just(f32::NEG_INFINITY)
    ];
    let double = prop_oneof![
        any::<u64>().prop_map(f64::from_bits),
        Just(-0.0),
        Just(f64::NAN),
        Just(f64::INFINITY)
    ];
    let whole = prop_oneof![any::<i64>(), Just(i64::MIN), Just(i64::MAX)];
    every::<_, Numbers, _>(
        &mut scope,
        (single, double, whole, any::<Vec<u8>>(), any::<u128>()),
        |(single, double, whole, bytes, uuid)| {
            #[expect(clippy::cast_possible_truncation, reason = "any number will do")]
            let (small, middle) = (whole as i16, whole as i32);
            NewNumbers::new(
                single,
                double,
                vec![single, -0.0],
                vec![Some(double), None],
                small,
                middle,
                whole,
                bytes,
                Uuid::from_u128(uuid),
            )
        },
        |(single, double, whole, bytes, uuid), row| {
            row.single.to_bits() == single.to_bits()
                && row.double.to_bits() == double.to_bits()
                && row.singles[0].to_bits() == single.to_bits()
                && row.singles[1].is_sign_negative()
                && row.maybe[0].unwrap().to_bits() == double.to_bits()
                && row.maybe[1].is_none()
                && row.big == *whole
                && row.bytes == *bytes
                && row.uuid.as_u128() == *uuid
        },
    );
}

#[shared_model]
#[derive(Debug)]
struct Price {
    #[field(key)]
    id: i64,
    free: Decimal,
    #[field(precision = 30, scale = 2)]
    cents: Option<Decimal>,
    several: Vec<Decimal>,
}

fn decimals() -> impl Strategy<Value = Decimal> {
    (any::<[u32; 3]>(), any::<bool>(), 0..=28_u32, 0..=3_usize).prop_map(
        |([low, middle, high], negative, scale, words)| {
            let [low, middle, high] = match words {
                0 => [0, 0, 0],
                1 => [low, 0, 0],
                2 => [low, middle, 0],
                _ => [low, middle, high],
            };
            Decimal::from_parts(low, middle, high, negative, scale)
        },
    )
}

#[test]
fn decimals_come_back_with_their_scale() {
    let (_database, mut scope) = shared_table::<Price>();
    every::<_, Price, _>(
        &mut scope,
        decimals(),
        |value| NewPrice::new(value, vec![value, Decimal::MAX, Decimal::MIN]),
        |value, row| {
            row.free == *value
                && row.free.scale() == value.scale()
                && row.several == [*value, Decimal::MAX, Decimal::MIN]
        },
    );
}

#[test]
fn a_decimal_is_never_rounded() {
    let (database, mut scope) = shared_table::<Price>();
    for (value, fits) in [
        ("1.23", true),
        ("1.230", true),
        ("1.234", false),
        ("-0.001", false),
    ] {
        let value: Decimal = value.parse().unwrap();
        let new = NewPrice::new(value, vec![]).cents(value);
        let outcome = Price::insert(new).returning(&mut scope);
        if fits {
            let mut row = outcome.unwrap();
            assert_eq!(row.cents, Some(value));
            row.cents = Some("0.005".parse().unwrap());
            refused(
                row.save(&mut scope),
                ErrorKind::Value,
                &["Price", "cents", "help: "],
            );
        } else {
            refused(
                outcome,
                ErrorKind::Value,
                &["Price", "cents", "rounds to 2"],
            );
        }
        let update = Price::update_where(Price::everything())
            .set(Price::CENTS, "7.001".parse::<Decimal>().unwrap());
        refused(
            update.execute(&mut scope),
            ErrorKind::Value,
            &["Price", "cents"],
        );
    }
    // Two of the digits are behind the point.
    for (value, fits) in [
        ("9999999999999999999999999999", true),
        ("79228162514264337593543950335", false),
        ("-10000000000000000000000000000", false),
        ("0.01", true),
        ("0", true),
    ] {
        let value: Decimal = value.parse().unwrap();
        let outcome = Price::insert(NewPrice::new(value, vec![]).cents(value)).execute(&mut scope);
        if fits {
            outcome.unwrap();
        } else {
            let words = ["cents", "29 digits before the point", "holds 28"];
            refused(outcome, ErrorKind::Value, &words);
        }
    }
    by_hand(&database, "DELETE FROM shared.prices");
    let odd = [
        "12345678901234567890123456789.01",
        "0.00000000000000000000000000001",
        "79228162514264337593543950336",
        "1e50",
        "1e-50",
        "'NaN'",
        "'Infinity'",
        "'-Infinity'",
    ];
    for value in odd {
        by_hand(
            &database,
            &format!("INSERT INTO shared.prices (free, several) VALUES ({value}, '{{}}')"),
        );
    }
    by_hand(
        &database,
        "INSERT INTO shared.prices (free, several) VALUES (1.0000000000000000000000000000000000, '{1e28}')",
    );
    let rows = Price::query()
        .order_by(Price::ID.asc())
        .try_all(&mut scope)
        .unwrap();
    let (last, odd_rows) = rows.split_last().unwrap();
    assert_eq!(last.as_ref().unwrap().free, Decimal::ONE);
    assert_eq!(
        last.as_ref().unwrap().several[0].to_string(),
        format!("1{}", "0".repeat(28))
    );
    for row in odd_rows {
        let error = row.as_ref().unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Decode);
        assert!(error.to_string().contains("column `free`"), "{error}");
    }
    assert_eq!(odd_rows.len(), odd.len());
}

#[shared_model]
#[derive(Debug)]
struct Label {
    #[field(key)]
    id: i64,
    #[field(max_length = 3)]
    short: String,
    long: Option<String>,
    many: Vec<String>,
}

#[test]
fn texts_come_back_as_they_were_or_are_refused_by_name() {
    let (_database, mut scope) = shared_table::<Label>();
    every::<_, Label, _>(
        &mut scope,
        any::<String>().prop_map(|text| text.replace('\0', "")),
        |text| NewLabel::new("äöü", vec![text.clone(), String::new()]).long(text),
        |text, row| row.short == "äöü" && row.long.as_ref() == Some(text) && row.many == [text, ""],
    );
    let mut row = Label::query().first(&mut scope).unwrap().unwrap();
    for (new, words) in [
        (NewLabel::new("a\0", vec![]), ["short", "NUL"]),
        (NewLabel::new("", vec![]).long("\0"), ["long", "NUL"]),
        (
            NewLabel::new("", vec![String::new(), "b\0".to_owned()]),
            ["many", "NUL"],
        ),
        (NewLabel::new("abcd", vec![]), ["short", "4 characters"]),
        // PostgreSQL would cut these spaces off without a word.
        (NewLabel::new("abc  ", vec![]), ["short", "holds 3"]),
    ] {
        let outcome = Label::insert(new).execute(&mut scope);
        refused(outcome, ErrorKind::Value, &["Label", words[0], words[1]]);
    }
    row.many.push("\0".to_owned());
    refused(
        row.save(&mut scope),
        ErrorKind::Value,
        &["Label", "many", "NUL"],
    );
    let update = Label::update_where(Label::everything()).set(Label::SHORT, "    ");
    refused(
        update.execute(&mut scope),
        ErrorKind::Value,
        &["Label", "short"],
    );
    for condition in [
        Label::LONG.eq("a\0"),
        Label::LONG.is_in(["b", "\0"]),
        Label::LONG.contains("\0"),
        !Label::LONG.between("a", "b\0"),
    ] {
        let outcome = Label::query().filter(condition).all(&mut scope);
        refused(outcome, ErrorKind::Value, &["Label", "long", "NUL"]);
    }
    let outcome = Label::query()
        .filter(Label::MANY.has("\0"))
        .count(&mut scope);
    refused(outcome, ErrorKind::Value, &["Label", "many", "NUL"]);
    let bound = scope
        .sql(sql!("SELECT $1::text"))
        .bind("a\0")
        .rows::<String>();
    refused(bound, ErrorKind::Value, &["$1", "NUL"]);
}

#[test]
fn arrays_with_nulls_and_other_bounds_are_read_or_refused_and_never_changed() {
    let (database, mut scope) = shared_table::<Numbers>();
    let zero = "0::int2, 0, 0, '', gen_random_uuid()";
    for (singles, maybe) in [
        ("'{}'", "'{}'"),
        ("'{1,NULL}'", "'{NULL}'"),
        ("'[0:1]={1,2}'", "'{1}'"),
        ("'{{1,2},{3,4}}'", "'{1}'"),
    ] {
        by_hand(
            &database,
            &format!(
                "INSERT INTO shared.numberses (single, double, singles, maybe, small, middle, big, bytes, uuid) VALUES (1, 1, {singles}, {maybe}, {zero})"
            ),
        );
    }
    let rows = Numbers::query()
        .order_by(Numbers::ID.asc())
        .try_all(&mut scope)
        .unwrap();
    let [empty, nulls, bounds, nested] = <[_; 4]>::try_from(rows).unwrap();
    assert!(empty.unwrap().singles.is_empty());
    let nulls = nulls.unwrap_err().to_string();
    assert!(
        nulls.contains("singles") && nulls.contains("Vec<Option"),
        "{nulls}"
    );
    assert!(nested.is_err());
    let mut bounds = bounds.unwrap();
    assert_eq!(bounds.singles, [1.0, 2.0]);
    bounds.single = 7.0;
    bounds.save(&mut scope).unwrap();
    bounds.singles.push(3.0);
    refused(
        bounds.save(&mut scope),
        ErrorKind::Encode,
        &["singles", "begin at 1"],
    );
}
