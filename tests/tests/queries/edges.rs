//! Queries at their edges: what is nested deep, empty, infinite, given twice, or not where it belongs.

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry::query::excluded;
use tenantry::query::expr::{Over, TimePart, count, row_number};
use tenantry::value::Unbounded;
use tenantry_tests::Shop;
use tenantry_tests::shop::{Customer, Invoice};
use tenantry_tests::tables::{shared_table, shared_tables_after};

use super::stock::{Item, Kind, named, store};
use super::{customer, invoice};

#[test]
fn a_condition_is_made_of_thousands() {
    let mut store = store();
    let acme = &mut store.acme;
    let numbers = || (1_000..6_000).chain([3, 7]);
    let pairs = || numbers().map(|number| Item::COUNT.eq(number) & Item::SPECIAL.eq(false));
    let any = pairs().reduce(|any, one| any | one).unwrap();
    assert_eq!(named(acme, any), ["Saw", "Blade"]);
    // A list that grows at its other end, and one of all.
    let any = pairs().reduce(|any, one| one | any).unwrap();
    assert_eq!(named(acme, !any), ["Ball", "Bear"]);
    let differs = numbers().map(|number| Item::COUNT.ne(number));
    let all = differs.clone().reduce(|all, one| all & one).unwrap();
    assert_eq!(named(acme, all), ["Ball", "Bear"]);
    let filtered = differs.fold(Item::query(), Query::filter);
    assert_eq!(filtered.count(acme).unwrap(), 2);
    let tags = (0..5_000).map(|number| vec![number.to_string()]);
    let tags = || {
        tags.clone()
            .chain([vec!["soft".to_owned(), "hard".to_owned()]])
    };
    let toys = Kind::query().filter(Kind::TAGS.is_in(tags()));
    assert_eq!(toys.one(acme).unwrap().name, "toy");
    let others = Kind::query().filter(Kind::TAGS.is_not_in(tags()));
    assert_eq!(others.one(acme).unwrap().name, "tool");
}

#[test]
fn what_is_nested_deeper_than_any_reader_follows_is_refused() {
    let mut store = store();
    let acme = &mut store.acme;
    let sum = |terms| (1..terms).fold(Item::COUNT + 1, |sum, _| sum + 1);
    assert_eq!(named(acme, sum(120).eq(123)), ["Saw"]);
    let refused = |error: tenantry::Error| {
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
        assert!(error.to_string().contains("128 levels"), "{error}");
        assert!(error.to_string().contains("Item"), "{error}");
    };
    let deep = Item::query().filter(sum(100_000).eq(7));
    refused(deep.all(acme).unwrap_err());
    let deep = Item::query().select(sum(200));
    refused(deep.first(acme).unwrap_err());
    let odd = (0..100_000).fold(Item::SPECIAL.eq(true), |so_far, _| !so_far);
    refused(Item::delete_where(odd).execute(acme).unwrap_err());
    let sides = (0..100_000).fold(Item::SPECIAL.eq(true), |so_far, number| {
        let one = Item::COUNT.eq(number);
        if number % 2 == 0 {
            so_far & one
        } else {
            so_far | one
        }
    });
    refused(Item::query().filter(sides).exists(acme).unwrap_err());
    let sides = (0..100_000).fold(Item::SPECIAL.eq(true), |so_far, number| {
        let one = Item::COUNT.eq(number);
        if number % 2 == 0 {
            one & so_far
        } else {
            one | so_far
        }
    });
    let update = Item::update_where(sides).set(Item::COUNT, 1);
    refused(update.execute(acme).unwrap_err());
    let within = (0..1_000).fold(Item::query(), |query, _| {
        Item::query().filter(Item::ID.in_query(query.select(Item::ID)))
    });
    refused(within.count(acme).unwrap_err());
    assert_eq!(Item::query().count(acme).unwrap(), 4);
}

#[test]
fn whether_there_is_a_row_is_asked_of_the_answer() {
    let mut store = store();
    let acme = &mut store.acme;
    assert!(Item::query().offset(3).exists(acme).unwrap());
    assert!(!Item::query().offset(4).exists(acme).unwrap());
    assert!(!Item::query().limit(0).exists(acme).unwrap());
    assert!(Item::query().limit(1).offset(3).exists(acme).unwrap());
    let kinds = || Item::query().select(Item::KIND).distinct();
    assert!(kinds().offset(1).exists(acme).unwrap());
    assert!(!kinds().offset(2).exists(acme).unwrap());
    assert_eq!(Item::query().offset(4).count(acme).unwrap(), 4);
}

#[test]
fn a_condition_that_is_not_known_is_false_where_its_value_counts() {
    let mut store = store();
    let acme = &mut store.acme;
    let reserved = || Item::query().select(Item::RESERVED);
    let ordered = Item::query().order_by(Item::ID.asc());
    let among = ordered.select(Item::RESERVED.in_query(reserved()));
    assert_eq!(among.all(acme).unwrap(), [false, true, false, true]);
    let same = Item::RESERVED.in_query(reserved()).eq(false);
    assert_eq!(named(acme, same), ["Saw", "Ball"]);
}

#[test]
fn rows_of_a_query_that_is_distinct_are_a_list_too() {
    let mut store = store();
    let acme = &mut store.acme;
    let first = Kind::query().distinct().order_by(Kind::NAME.asc()).limit(1);
    assert_eq!(named(acme, Item::KIND.in_query(first)), ["Saw", "Blade"]);
}

#[test]
fn rows_are_made_one_in_one_way() {
    let mut store = store();
    let acme = &mut store.acme;
    let both = Item::query().distinct_on(Item::KIND).distinct();
    let error = both.all(acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    let both = Item::query().select(Item::NAME).distinct();
    let error = both.distinct_on(Item::KIND).count(acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
}

#[test]
fn groups_are_not_filtered_as_rows_are() {
    let mut store = store();
    let acme = &mut store.acme;
    let groups = Item::query().group_by(Item::KIND).select(count());
    let error = groups.filter(Item::COUNT.gt(3)).all(acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    assert!(error.to_string().contains("`having`"), "{error}");
}

#[test]
fn rows_that_stand_for_several_are_not_locked() {
    let mut store = store();
    store
        .acme
        .transaction(|tx| {
            let refused = |error: tenantry::Error| {
                assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
                assert!(error.to_string().contains("help:"), "{error}");
            };
            refused(Item::query().distinct().for_update().all(tx).unwrap_err());
            let on = Item::query().distinct_on(Item::KIND);
            refused(on.for_share().first(tx).unwrap_err());
            let numbered = Item::query().select((Item::NAME, row_number().over(Over::all()) + 1));
            refused(numbered.for_update().all(tx).unwrap_err());
            // A window of a query within is nobody's business.
            let firsts = Item::query().distinct_on(Item::KIND);
            let locked = Item::query().filter(Item::ID.in_query(firsts.select(Item::ID)));
            assert_eq!(locked.for_update().all(tx)?.len(), 2);
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_new_row_of_an_insert_is_nowhere_else() {
    let mut store = store();
    let acme = &mut store.acme;
    let refused = |error: tenantry::Error| {
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
        assert!(error.to_string().contains("`excluded`"), "{error}");
    };
    let update = Item::update_where(Item::everything()).set(Item::COUNT, excluded(Item::COUNT) + 1);
    refused(update.execute(acme).unwrap_err());
    let query = || Item::query().filter(excluded(Item::COUNT).gt(1));
    refused(query().all(acme).unwrap_err());
    refused(query().count(acme).unwrap_err());
}

#[test]
fn a_field_is_given_one_value() {
    let mut store = store();
    let acme = &mut store.acme;
    let update = Item::update_where(Item::everything());
    let error = update.set(Item::COUNT, 1).set(Item::COUNT, 2).execute(acme);
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    assert!(error.to_string().contains("`count`"), "{error}");
}

/// A time that may be without end.
#[shared_model]
#[derive(Debug)]
struct Offer {
    #[field(key)]
    id: i64,
    until: Unbounded<Date>,
    since: Option<Unbounded<Timestamp>>,
}

#[test]
fn what_is_infinite_has_no_parts() {
    let (_database, mut scope) = shared_table::<Offer>();
    let day: Date = "2026-03-31".parse().unwrap();
    for until in [
        Unbounded::At(day),
        Unbounded::Infinity,
        Unbounded::NegativeInfinity,
    ] {
        let offer = NewOffer::new(until).since(Unbounded::Infinity);
        Offer::insert(offer).execute(&mut scope).unwrap();
    }
    for (part, expected) in [
        (TimePart::Year, 2026),
        (TimePart::Month, 3),
        (TimePart::Hour, 0),
    ] {
        let parts = Offer::query().order_by(Offer::ID.asc());
        let parts = parts.select((Offer::UNTIL.part(part), Offer::SINCE.part(part)));
        assert_eq!(
            parts.all(&mut scope).unwrap(),
            [(Some(expected), None), (None, None), (None, None)]
        );
    }
}

/// An address, unique but for what a function of the schema takes away.
#[shared_model(
    table = "contacts",
    unique("\"{shared}\".norm(address)", name = "contacts_by_address"),
    unique(
        name = "contacts_of_main",
        title,
        filter = "\"{shared}\".norm(address) = 'main'"
    )
)]
#[derive(Debug)]
struct Contact {
    #[field(key)]
    id: i64,
    address: String,
    title: String,
}

#[test]
fn a_unique_index_is_found_whose_sql_has_a_schema() {
    let function = "CREATE FUNCTION shared.norm(text) RETURNS text IMMUTABLE LANGUAGE sql AS $$SELECT pg_catalog.lower($1)$$";
    let (_database, mut scope) = shared_tables_after(function, &[Contact::DEF]);
    for (address, title, expected) in [("MAIN", "a", 1), ("Main", "b", 1), ("other", "b", 2)] {
        let new = NewContact::new(address, title);
        let upsert = Contact::insert(new).on_conflict_with("contacts_by_address");
        let stored = upsert.update(Contact::TITLE).returning(&mut scope).unwrap();
        assert_eq!(stored.title, title);
        assert_eq!(Contact::query().count(&mut scope).unwrap(), expected);
    }
    let new = NewContact::new("main", "b");
    let upsert = Contact::insert(new).on_conflict_with("contacts_of_main");
    let stored = upsert
        .update(Contact::ADDRESS)
        .returning(&mut scope)
        .unwrap();
    assert_eq!((stored.address.as_str(), stored.id), ("main", 1));
}

#[test]
fn a_row_that_was_changed_is_deleted_on_purpose_only() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let ann = customer(&mut acme, "Ann");
    let mine = invoice(&mut acme, &ann, 1, "2026-01-31");
    let mut theirs = Invoice::find(mine.id).one(&mut acme).unwrap();
    theirs.paid = true;
    theirs.save(&mut acme).unwrap();
    let error = mine.clone().delete(&mut acme).unwrap_err();
    assert!(error.is_stale(), "{error}");
    assert!(Invoice::find(mine.id).exists(&mut acme).unwrap());
    // What was changed and not saved does not matter.
    let mut theirs = Invoice::find(mine.id).one(&mut acme).unwrap();
    theirs.version = 7;
    theirs.delete(&mut acme).unwrap();
    let second = invoice(&mut acme, &ann, 2, "2026-01-31");
    Invoice::update_where(Invoice::everything())
        .set(Invoice::PAID, true)
        .execute(&mut acme)
        .unwrap();
    assert!(second.clone().delete(&mut acme).unwrap_err().is_stale());
    let deleted = Invoice::delete_where(Invoice::ID.eq(second.id));
    assert_eq!(deleted.execute(&mut acme).unwrap(), 1);
    // A row without a version is gone, whatever it was.
    ann.delete(&mut acme).unwrap();
    assert_eq!(Customer::query().select(count()).one(&mut acme).unwrap(), 0);
}
