//! Pages by their numbers, with totals.

use tenantry::prelude::*;
use tenantry::query::count;
use tenantry::{Error, ErrorKind};
use tenantry_tests::hear::sent;

use super::pages::{Entry, NewEntry, Shelf, lists};

fn all() -> Query<Entry> {
    Entry::query().order_by(Entry::ID.asc())
}

#[test]
fn a_page_has_its_rows_and_the_number_of_all() {
    let mut lists = lists();
    let mut told = Vec::new();
    for number in 1..=3 {
        let page = all().page(number, 10).all(&mut lists.acme).unwrap();
        assert_eq!(
            (page.number, page.size, page.total, page.pages()),
            (number, 10, 23, 3)
        );
        assert_eq!(page.has_next(), number < 3);
        assert_eq!(page.has_previous(), number > 1);
        told.extend(page.rows.iter().map(|entry| entry.id));
    }
    assert_eq!(told, (1..=23).collect::<Vec<_>>());
    // Of the rows that meet a condition, in a projection, and with those that belong to them.
    let done = all().filter(Entry::DONE);
    let page = done.clone().select(Entry::NOTE).page(2, 3);
    let page = page.all(&mut lists.acme).unwrap();
    assert_eq!((page.rows.len(), page.total, page.pages()), (3, 8, 3));
    let page = done
        .with(Entry::PARTS)
        .page(3, 3)
        .all(&mut lists.acme)
        .unwrap();
    assert_eq!((page.rows.len(), page.total), (2, 8));
    let page = Shelf::query()
        .page(1, 10)
        .all(&mut lists.db.shared().unwrap());
    assert_eq!(page.unwrap().total, 3);
}

/// A page is what a handler answers with.
#[test]
fn pages_are_made_of_other_values_and_serialised() {
    let mut lists = lists();
    let page = all().page(3, 10).all(&mut lists.acme).unwrap();
    let page = page.map(|entry| entry.id);
    assert_eq!(
        serde_json::to_value(&page).unwrap(),
        serde_json::json!({ "rows": [21, 22, 23], "number": 3, "size": 10, "total": 23 })
    );
    let page = all().keyset(2).all(&mut lists.acme).unwrap();
    let next = page.next.clone().unwrap();
    let page = page.map(|entry| entry.id);
    assert_eq!(
        serde_json::to_value(&page).unwrap(),
        serde_json::json!({ "rows": [1, 2], "previous": null, "next": next.to_string() })
    );
}

#[test]
fn groups_and_distinct_rows_have_numbered_pages() {
    let mut lists = lists();
    let groups = Entry::query().group_by(Entry::RANK);
    let groups = groups.order_by_key(|rank| rank.desc()).select(count());
    let page = groups.page(2, 3).all(&mut lists.acme).unwrap();
    assert_eq!((page.rows, page.total), (vec![(-1, 6)], 4));
    let notes = Entry::query()
        .select(Entry::NOTE)
        .distinct()
        .order_by(Entry::NOTE.asc());
    let page = notes.page(2, 5).all(&mut lists.acme).unwrap();
    assert_eq!((page.rows, page.total), (vec![None], 6));
    let first = Entry::query()
        .distinct_on(Entry::DONE)
        .order_by(Entry::DONE.asc());
    let page = first
        .order_by(Entry::ID.asc())
        .page(1, 10)
        .all(&mut lists.acme);
    assert_eq!(page.unwrap().total, 2);
}

/// A sort of the first rows alone puts those that are alike in an order that depends on how many they are.
#[test]
fn rows_that_are_alike_in_the_order_are_on_one_page_each() {
    let mut lists = lists();
    let acme = &mut lists.acme;
    let day = Some("2026-05-01".parse::<Date>().unwrap());
    let alike = (0..100).map(|_| NewEntry::new(0, Decimal::ONE, 0.0, false).due(day));
    Entry::insert_many(alike).execute(acme).unwrap();
    let of_day = Entry::query().filter(Entry::DUE.eq(day));
    let mut orders = vec![
        of_day.clone(),
        of_day.clone().order_by(Entry::DUE.asc()),
        of_day.clone().order_by(Entry::RANK.desc()),
        of_day.clone().order_by(Entry::DUE.asc()).distinct(),
    ];
    for query in orders.drain(..) {
        let mut told = Vec::new();
        for number in 1..=10 {
            let page = query.clone().page(number, 10).all(acme).unwrap();
            told.extend(page.rows.iter().map(|entry| entry.id));
        }
        let mut all = told.clone();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 100, "{told:?}");
    }
    // In a projection, too, and with those that belong to them.
    let mut told = std::collections::BTreeSet::new();
    for number in 1..=10 {
        let ids = of_day.clone().order_by(Entry::DUE.asc()).select(Entry::ID);
        told.extend(ids.page(number, 10).all(acme).unwrap().rows);
    }
    assert_eq!(told.len(), 100);
    told.clear();
    for number in 1..=10 {
        let with = of_day.clone().order_by(Entry::DUE.asc()).with(Entry::PARTS);
        let page = with.page(number, 10).all(acme).unwrap();
        told.extend(page.rows.iter().map(|(entry, _)| entry.id));
    }
    assert_eq!(told.len(), 100);
    // Groups that are alike are told by their keys.
    told.clear();
    for number in 1..=10 {
        let groups = of_day.clone().group_by(Entry::ID);
        let groups = groups.order_by(count().desc()).select(count());
        let page = groups.page(number, 10).all(acme).unwrap();
        told.extend(page.rows.iter().map(|(id, _)| *id));
    }
    assert_eq!(told.len(), 100);
}

#[test]
fn what_is_behind_the_last_page_is_empty_and_costs_one_statement() {
    let mut lists = lists();
    for number in [4, 5, u64::MAX] {
        for size in [10, u64::MAX] {
            let (page, sent) = sent(|| all().page(number, size).all(&mut lists.acme).unwrap());
            assert_eq!((page.rows.len(), page.total, page.number), (0, 23, number));
            assert!(!page.has_next() && page.has_previous());
            assert_eq!(sent.len(), 1, "{sent:#?}");
        }
    }
    let (page, sent) = sent(|| all().page(1, u64::MAX).all(&mut lists.acme).unwrap());
    assert_eq!((page.rows.len(), page.pages(), sent.len()), (23, 1, 2));
    let page = all().page(1, 10).all(&mut lists.globex).unwrap();
    assert_eq!((page.rows.len(), page.total, page.pages()), (0, 0, 0));
    assert!(!page.has_next() && !page.has_previous());
}

#[test]
fn page_0_and_pages_of_no_rows_are_refused() {
    let mut lists = lists();
    let acme = &mut lists.acme;
    let refused = |outcome: Result<_, Error>, kind: ErrorKind, words: &str| {
        let error: Error = outcome
            .map(|_: tenantry::query::Page<Stored<Entry>>| ())
            .unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(words), "{error}");
        assert_eq!(error.model(), Some("Entry"));
    };
    refused(
        all().page(0, 10).all(acme),
        ErrorKind::Page,
        "numbered from 1",
    );
    refused(
        all().page(1, 0).all(acme),
        ErrorKind::Page,
        "one row at least",
    );
    refused(
        all().limit(5).page(1, 10).all(acme),
        ErrorKind::Configuration,
        "`limit`",
    );
    refused(
        all().offset(0).page(1, 10).all(acme),
        ErrorKind::Configuration,
        "`offset`",
    );
}
