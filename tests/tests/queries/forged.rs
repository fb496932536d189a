//! Cursors whose values somebody has made up, of every type there is.

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry_tests::tables::shared_table;

use super::cursors::{bytes, whole};

/// Something that can be ordered by values of many types.
#[shared_model]
#[derive(Debug, Clone, PartialEq)]
struct Event {
    #[field(key)]
    id: i64,
    at: Timestamp,
    day: Date,
    more: Json<serde_json::Value>,
    tags: Vec<String>,
    price: Decimal,
    name: String,
    done: bool,
    token: Uuid,
}

type Ordered = fn(Query<Event>) -> Query<Event>;

const ORDERS: [Ordered; 8] = [
    |query| query.order_by(Event::AT.asc()),
    |query| query.order_by(Event::DAY.asc()),
    |query| query.order_by(Event::MORE.asc()),
    |query| query.order_by(Event::TAGS.asc()),
    |query| query.order_by(Event::PRICE.asc()),
    |query| query.order_by(Event::NAME.asc()),
    |query| query.order_by(Event::DONE.asc()),
    |query| query.order_by(Event::TOKEN.asc()),
];

#[test]
fn a_value_that_somebody_made_up_is_a_position_or_no_cursor_whatever_its_type() {
    let (database, mut scope) = shared_table::<Event>();
    let mut client = database.connect();
    for number in 0..3 {
        let new = NewEvent::new(
            "2026-03-01T00:00:00Z".parse::<Timestamp>().unwrap(),
            "2026-03-01".parse::<Date>().unwrap(),
            Json(serde_json::json!({ "n": number })),
            vec!["a".to_owned()],
            Decimal::ONE,
            "a",
            true,
            Uuid::from_u128(7),
        );
        Event::insert(new).execute(&mut scope).unwrap();
    }
    let sql = "SELECT oid::int8 FROM pg_catalog.pg_type WHERE oid < 10000 AND typtype <> 'c' ORDER BY oid";
    let types = client.query(sql, &[]).unwrap();
    let types: Vec<u32> = types
        .iter()
        .map(|row| u32::try_from(row.get::<_, i64>(0)).unwrap())
        .collect();
    let nested = [b"\x01".to_vec(), vec![b'['; 30_000]].concat();
    let values: [&[u8]; 9] = [
        b"",
        b"a",
        b"\x02{}",
        b"\x01{",
        b"\x01\"\\u0000\"",
        &[0xFF; 4],
        &[0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE],
        &[0x7F; 20],
        &nested,
    ];
    for (place, order) in ORDERS.iter().enumerate() {
        let query = || order(Event::query());
        let page = query().keyset(1).all(&mut scope).unwrap();
        let known = bytes(&page.next.unwrap());
        let own = u32::from_be_bytes(known[26..30].try_into().unwrap());
        let key = &known[known.len() - 16..];
        // All types where there is a time, and elsewhere its own.
        for ty in types.iter().filter(|_| place == 0).chain([&own]) {
            for value in values {
                let length = u32::try_from(value.len()).unwrap().to_be_bytes();
                let made = [&known[..26], &ty.to_be_bytes(), &length, value, key].concat();
                let cursor = whole(&mut client, made);
                let outcome = query().keyset(1).after(&cursor).all(&mut scope);
                if let Err(error) = outcome {
                    let sqlstate = error.sqlstate().map(str::to_owned);
                    let shown = &value[..value.len().min(20)];
                    assert_eq!(
                        error.kind(),
                        ErrorKind::Page,
                        "order {place}, type {ty}, {shown:?}, {sqlstate:?}: {error}"
                    );
                }
            }
        }
    }
    assert_eq!(Event::query().count(&mut scope).unwrap(), 3);
}
