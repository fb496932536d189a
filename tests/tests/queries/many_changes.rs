//! Many rows that are changed at once, each in its own way.

use tenantry::prelude::*;
use tenantry::{Error, ErrorKind};
use tenantry_tests::Shop;
use tenantry_tests::hear::sent;
use tenantry_tests::shop::{Customer, Invoice, Plan};
use tenantry_tests::tables::shared_table;

use super::{customer, invoice};

/// Something with columns of many types.
#[shared_model]
#[derive(Debug, Clone, PartialEq)]
struct Part {
    #[field(key, given)]
    code: String,
    name: String,
    tags: Vec<String>,
    size: Option<Decimal>,
    more: Option<Json<serde_json::Value>>,
    weight: f64,
    #[field(generated = "lower(name)")]
    folded: String,
    #[field(default = true)]
    kept: bool,
}

/// Four customers, each with an invoice.
fn filled(scope: &mut TenantScope) -> Vec<Stored<Invoice>> {
    let names = ["Ann", "Bob", "Cem", "Dee"].iter().zip(1..);
    let rows = names.map(|(name, number)| {
        let someone = customer(scope, name);
        invoice(scope, &someone, number, "2026-03-01")
    });
    rows.collect()
}

fn numbers(scope: &mut TenantScope) -> Vec<(i32, bool, i64)> {
    let all = Invoice::query().order_by(Invoice::ID.asc());
    let columns = (Invoice::NUMBER, Invoice::PAID, Invoice::VERSION);
    all.select(columns).all(scope).unwrap()
}

fn refused<T: std::fmt::Debug>(outcome: Result<T, Error>, kind: ErrorKind, words: &str) {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    let text = error.to_string();
    assert!(text.contains(words) && text.contains("help: "), "{text}");
}

#[test]
fn what_has_changed_of_rows_is_saved_by_one_statement() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let mut rows = filled(&mut acme);
    // Somebody else changes what none of the rows does.
    Invoice::update_where(Invoice::ID.eq(rows[3].id))
        .set(Invoice::CANCELLED, true)
        .execute(&mut acme)
        .unwrap();
    rows[3].reload(&mut acme).unwrap();
    rows[0].number = 10;
    rows[1].paid = true;
    rows[3].paid = true;
    rows[3].number = 40;
    let (count, statements) = sent(|| Invoice::save_all(&mut rows, &mut acme).unwrap());
    assert_eq!(count, 3);
    assert_eq!(statements.len(), 1, "{statements:#?}");
    assert!(
        !statements[0].contains("issued_on\" ="),
        "{}",
        statements[0]
    );
    let expected = [(10, false, 2), (2, true, 2), (3, false, 1), (40, true, 3)];
    assert_eq!(numbers(&mut acme), expected);
    let versions: Vec<i64> = rows.iter().map(|row| row.version).collect();
    assert_eq!(versions, [2, 2, 1, 3]);
    assert!(rows[3].cancelled);
    // They are as they are stored, so there is nothing more to be done.
    let (count, statements) = sent(|| Invoice::save_all(&mut rows, &mut acme).unwrap());
    assert_eq!((count, statements.len()), (0, 0));
    // Each can be saved by itself, or some of them.
    rows[2].number = 30;
    rows[2].save(&mut acme).unwrap();
    rows[2].number = 31;
    let some = rows.iter_mut().filter(|row| row.number > 30);
    assert_eq!(Invoice::save_all(some, &mut acme).unwrap(), 1);
    assert_eq!(Invoice::save_all([], &mut acme).unwrap(), 0);
}

#[test]
fn times_of_changes_are_set_and_enums_and_references_are_saved() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let mut rows = vec![customer(&mut acme, "Ann"), customer(&mut acme, "Bob")];
    let free = Plan::query()
        .filter(Plan::CODE.eq("free"))
        .one(&mut acme)
        .unwrap();
    let before = rows[0].updated_at;
    let ann = rows[0].key();
    rows[0].plan = free.key();
    rows[1].referred_by = Some(ann);
    rows[1].name = "'; DROP TABLE customers; --".to_owned();
    Customer::save_all(&mut rows, &mut acme).unwrap();
    assert!(rows[0].updated_at > before);
    let stored = Customer::query()
        .order_by(Customer::ID.asc())
        .all(&mut acme)
        .unwrap();
    assert_eq!(stored, rows);
    assert_eq!(stored[1].referred_by, Some(ann));
}

#[test]
fn rows_that_somebody_else_has_changed_are_named_and_none_is_saved() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let mut rows = filled(&mut acme);
    for row in &mut rows {
        row.paid = true;
    }
    Invoice::update_where(Invoice::NUMBER.eq(2))
        .set(Invoice::NUMBER, 20)
        .execute(&mut acme)
        .unwrap();
    Invoice::delete_where(Invoice::NUMBER.eq(4))
        .execute(&mut acme)
        .unwrap();
    let expected = [(1, false, 1), (20, false, 2), (3, false, 1)];
    refused(
        Invoice::save_all(&mut rows, &mut acme),
        ErrorKind::Stale,
        "rows 2, 4 of the 4 given",
    );
    assert_eq!(numbers(&mut acme), expected);
    // Inside of a transaction, too, which can go on.
    acme.transaction(|tx| {
        refused(
            Invoice::save_all(&mut rows, tx),
            ErrorKind::Stale,
            "rows 2, 4 of the 4 given",
        );
        refused(
            Invoice::save_all([&mut rows[3]], tx),
            ErrorKind::Stale,
            "row 1 of the 1 given",
        );
        assert_eq!(Invoice::query().count(tx)?, 3);
        rows[1].reload(tx)?;
        rows[1].paid = true;
        Invoice::save_all(&mut rows[..3], tx)
    })
    .unwrap();
    let expected = [(1, true, 2), (20, true, 3), (3, true, 2)];
    assert_eq!(numbers(&mut acme), expected);
}

#[test]
fn a_rollback_leaves_the_rows_changed_and_they_are_saved_again() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let mut rows = filled(&mut acme);
    for attempt in 0..2 {
        let outcome = acme.transaction(|tx| {
            for row in &mut rows {
                row.number = 100 + i32::try_from(row.id).unwrap();
            }
            assert_eq!(Invoice::save_all(&mut rows, tx)?, 4);
            rows[0].paid = true;
            // The second attempt finds this in the row already.
            assert_eq!(Invoice::save_all(&mut rows, tx)?, 1 - attempt);
            if attempt == 0 {
                Err(Error::from(TenantKey::new("").unwrap_err()))
            } else {
                Ok(())
            }
        });
        assert_eq!(outcome.is_ok(), attempt == 1);
    }
    let expected = [
        (101, true, 2),
        (102, false, 2),
        (103, false, 2),
        (104, false, 2),
    ];
    assert_eq!(numbers(&mut acme), expected);
}

#[test]
fn rows_that_can_not_be_saved_are_told_before_anything_is_sent() {
    let shop = Shop::new();
    let (mut acme, mut globex) = (shop.tenant("acme"), shop.tenant("globex"));
    let mut rows = filled(&mut acme);
    let mut others = filled(&mut globex);
    let mut again = rows[1].clone();
    rows[1].paid = true;
    again.paid = true;
    let ((), statements) = sent(|| {
        let doubled = rows.iter_mut().chain([&mut again]);
        refused(
            Invoice::save_all(doubled, &mut acme),
            ErrorKind::Unique,
            "rows 2 and 5 of those given",
        );
        others[2].paid = true;
        let strange = rows.iter_mut().chain(&mut others);
        refused(
            Invoice::save_all(strange, &mut acme),
            ErrorKind::ForeignRow,
            "row 5 of those given",
        );
        rows[3].id = 99;
        refused(
            Invoice::save_all(&mut rows, &mut acme),
            ErrorKind::Configuration,
            "row 4 of those given",
        );
    });
    assert_eq!(statements.len(), 0, "{statements:#?}");
    // A rule of the table is the server's to tell, and holds for all or none.
    let mut customers = Customer::query()
        .order_by(Customer::ID.asc())
        .all(&mut acme)
        .unwrap();
    customers[0].name = "Anna".to_owned();
    customers[1].name = " ".to_owned();
    let error = Customer::save_all(&mut customers, &mut acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Check);
    assert_eq!(
        Customer::query()
            .filter(Customer::NAME.eq("Ann"))
            .count(&mut acme)
            .unwrap(),
        1
    );
}

#[test]
fn values_go_to_rows_by_their_keys() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let rows = filled(&mut acme);
    let (count, statements) = sent(|| {
        let update = Invoice::update_many(
            (Invoice::PAID, Invoice::NUMBER),
            [(4, (true, 40)), (1, (false, 10)), (2, (true, 20))],
        );
        update.execute(&mut acme).unwrap()
    });
    assert_eq!((count, statements.len()), (3, 1));
    let expected = [(10, false, 2), (20, true, 2), (3, false, 1), (40, true, 2)];
    assert_eq!(numbers(&mut acme), expected);
    // By rows and references as well as by keys, and given back in their order.
    let update = Invoice::update_many(Invoice::NUMBER, [(&rows[2], 33), (&rows[0], 11)]);
    let changed = update.returning(&mut acme).unwrap();
    let changed: Vec<_> = changed.iter().map(|row| (row.id, row.number)).collect();
    assert_eq!(changed, [(3, 33), (1, 11)]);
    let nobody: [(i64, i32); 0] = [];
    let none = Invoice::update_many(Invoice::NUMBER, nobody);
    assert_eq!(none.execute(&mut acme).unwrap(), 0);
}

#[test]
fn keys_that_are_missing_or_doubled_are_named_and_nothing_is_changed() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    filled(&mut acme);
    let before = numbers(&mut acme);
    let update = |rows: Vec<(i64, i32)>| Invoice::update_many(Invoice::NUMBER, rows);
    let missing = update(vec![(1, 7), (77, 7), (2, 8), (78, 9)]);
    refused(
        missing.execute(&mut acme),
        ErrorKind::NotFound,
        "rows 2, 4 of the 4 given",
    );
    let many = update((50..80).map(|key| (key, 1)).collect());
    refused(
        many.execute(&mut acme),
        ErrorKind::NotFound,
        "10 and 20 more of the 30 given",
    );
    let doubled = update(vec![(1, 7), (2, 7), (1, 8)]);
    refused(
        doubled.execute(&mut acme),
        ErrorKind::Unique,
        "rows 1 and 3 of those given",
    );
    let twice = Invoice::update_many((Invoice::NUMBER, Invoice::NUMBER), [(1, (1, 2))]);
    refused(
        twice.execute(&mut acme),
        ErrorKind::Configuration,
        "two values",
    );
    let other = Invoice::update_many(Invoice::ID, [(1, 100)]);
    refused(
        other.execute(&mut acme),
        ErrorKind::Configuration,
        "found by their keys",
    );
    assert_eq!(numbers(&mut acme), before);
}

#[test]
fn arrays_json_nulls_and_texts_are_stored_as_they_are_given() {
    let (_database, mut scope) = shared_table::<Part>();
    let new = |code: &str| NewPart::new(code, "Part", vec![], 0.5);
    let codes = ["a", "'", "\"\\", "ä{,}"];
    Part::insert_many(codes.map(new))
        .execute(&mut scope)
        .unwrap();
    let json = |text: &str| {
        serde_json::from_str::<serde_json::Value>(text)
            .map(Json)
            .unwrap()
    };
    let values = [
        (vec![], None, Some(json("{\"a\": [1, null]}")), f64::NAN),
        (
            vec!["x".to_owned(), "\"{}".to_owned()],
            Some(Decimal::new(15, 1)),
            None,
            -0.0,
        ),
        (vec!["NULL".to_owned()], None, None, f64::INFINITY),
        (
            vec![String::new()],
            Some(Decimal::MAX),
            Some(json("null")),
            f64::MIN_POSITIVE,
        ),
    ];
    let columns = (Part::TAGS, Part::SIZE, Part::MORE, Part::WEIGHT);
    let rows = codes
        .iter()
        .map(|code| (*code).to_owned())
        .zip(values.clone());
    let parts = Part::update_many(columns, rows)
        .returning(&mut scope)
        .unwrap();
    for (part, (tags, size, more, weight)) in parts.iter().zip(values) {
        assert_eq!((&part.tags, part.size, &part.more), (&tags, size, &more));
        assert_eq!(part.weight.to_bits(), weight.to_bits());
    }
    // Of loaded rows, with arrays and without.
    let mut parts = parts;
    parts[0].tags.push("new".to_owned());
    parts[1].name = "AB".to_owned();
    parts[2].size = Some(Decimal::ONE);
    assert_eq!(Part::save_all(&mut parts, &mut scope).unwrap(), 3);
    assert_eq!((parts[0].tags.len(), parts[1].folded.as_str()), (1, "ab"));
    parts[3].size = None;
    parts[1].kept = false;
    assert_eq!(Part::save_all(&mut parts, &mut scope).unwrap(), 2);
    let stored = Part::query().all(&mut scope).unwrap();
    assert_eq!(
        stored
            .iter()
            .filter(|part| part.kept && part.size.is_none())
            .count(),
        2
    );
    let computed = Part::update_many(Part::FOLDED, [("a".to_owned(), "x")]);
    refused(
        computed.execute(&mut scope),
        ErrorKind::Configuration,
        "the database computes it",
    );
}

#[test]
fn more_rows_than_a_statement_takes_are_changed_all_or_none() {
    let (_database, mut scope) = shared_table::<Part>();
    let all = 0..20_000;
    let new = |n: i32| NewPart::new(n.to_string(), "Part", vec![], 0.0);
    Part::insert_many(all.clone().map(new))
        .execute(&mut scope)
        .unwrap();
    let update = |rows: std::ops::Range<i32>| {
        let rows = rows.map(|n| (n.to_string(), f64::from(n)));
        Part::update_many(Part::WEIGHT, rows)
    };
    refused(
        update(1..20_001).execute(&mut scope),
        ErrorKind::NotFound,
        "row 20000 of the 20000 given",
    );
    assert_eq!(
        Part::query()
            .filter(Part::WEIGHT.gt(0.0))
            .count(&mut scope)
            .unwrap(),
        0
    );
    assert_eq!(update(all).execute(&mut scope).unwrap(), 20_000);
    let mut parts = Part::query().all(&mut scope).unwrap();
    for part in &mut parts {
        part.tags = vec![part.code.clone()];
    }
    assert_eq!(Part::save_all(&mut parts, &mut scope).unwrap(), 20_000);
    assert!(parts.iter().all(|part| part.tags[0] == part.code));
}
