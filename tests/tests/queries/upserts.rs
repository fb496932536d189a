//! Inserts that meet rows which are there already.

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry::query::{Upserted, excluded};
use tenantry_tests::Shop;
use tenantry_tests::shop::{Customer, Invoice, NewCustomer, NewInvoice, Plan};
use tenantry_tests::tables::shared_table;

use super::{customer, date, invoice, names};

/// How often a page was seen on a day.
#[shared_model(
    unique(name = "visits_once_a_day", page, day),
    unique(name = "visits_page_folded", "lower(page)", filter = "day = 0")
)]
#[derive(Debug)]
struct Visit {
    #[field(key)]
    id: i64,
    page: String,
    day: i32,
    #[field(default = 1)]
    count: i64,
    #[field(version)]
    version: i64,
}

fn pro(scope: &mut TenantScope) -> Stored<Plan> {
    let plan = Plan::query().filter(Plan::CODE.eq("pro"));
    plan.one(scope).unwrap()
}

#[test]
fn a_row_that_is_there_takes_what_the_new_one_has() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let plan = pro(&mut acme);
    let new = |name: &str, note: &str| NewCustomer::new(name, "ann@x.example", &plan).note(note);
    let upsert = |name: &str, note: &str| {
        Customer::insert(new(name, note))
            .on_conflict(Customer::EMAIL)
            .update(Customer::NAME)
    };
    let first = upsert("Ann", "1").outcome(&mut acme).unwrap();
    assert!(first.is_new());
    let first = first.into_row();
    let again = upsert("Anna", "2").outcome(&mut acme).unwrap();
    let Upserted::Updated(again) = again else {
        panic!("{again:?}");
    };
    assert_eq!(
        (again.id, again.name.as_str(), again.note.as_deref()),
        (first.id, "Anna", Some("1"))
    );
    assert!(again.updated_at > first.updated_at && again.created_at == first.created_at);
    let set = upsert("Anne", "3")
        .set(Customer::NOTE, "set")
        .returning(&mut acme)
        .unwrap();
    assert_eq!(
        (set.name.as_str(), set.note.as_deref()),
        ("Anne", Some("set"))
    );
    upsert("Ane", "4").execute(&mut acme).unwrap();
    let all = Customer::query().all(&mut acme).unwrap();
    assert_eq!(names(all), ["Ane"]);
}

#[test]
fn a_row_that_is_there_is_left_alone_if_asked() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let plan = pro(&mut acme);
    let ann = customer(&mut acme, "Ann");
    let new = |name: &str| Customer::insert(NewCustomer::new(name, "ann@x.example", &plan));
    let nothing = || new("Other").on_conflict(Customer::EMAIL).do_nothing();
    assert!(!nothing().execute(&mut acme).unwrap());
    assert_eq!(nothing().returning(&mut acme).unwrap(), None);
    assert!(nothing().outcome(&mut acme).unwrap().is_none());
    assert!(!new("Other").unless_conflict().execute(&mut acme).unwrap());
    let only = |name: &str| {
        let update = new("New")
            .on_conflict(Customer::EMAIL)
            .update(Customer::NAME);
        update.filter(Customer::NAME.eq(name) & Customer::PLAN.on(Plan::CODE.eq("pro")))
    };
    assert!(only("Other").returning(&mut acme).unwrap().is_none());
    assert_eq!(Customer::find(&ann).one(&mut acme).unwrap(), ann);
    assert_eq!(
        only("Ann").returning(&mut acme).unwrap().unwrap().name,
        "New"
    );
}

#[test]
fn a_value_is_computed_from_both_rows() {
    let (_database, mut scope) = shared_table::<Visit>();
    let seen = |page: &str, count: i64| {
        Visit::insert(NewVisit::new(page, 1).count(count))
            .on_conflict((Visit::DAY, Visit::PAGE))
            .set(Visit::COUNT, Visit::COUNT + excluded(Visit::COUNT))
    };
    let first = seen("a", 2).returning(&mut scope).unwrap();
    let second = seen("a", 5).returning(&mut scope).unwrap();
    assert_eq!((second.id, second.count, second.version), (first.id, 7, 2));
    let less = seen("a", 1).filter(Visit::COUNT.lt(excluded(Visit::COUNT)));
    assert!(!less.execute(&mut scope).unwrap());
    let update = Visit::update_where(Visit::COUNT.gt(0)).set(Visit::COUNT, Visit::COUNT * 2);
    assert_eq!(update.returning(&mut scope).unwrap()[0].count, 14);
}

#[test]
fn unique_indexes_are_found_by_their_columns_and_names() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let ann = customer(&mut acme, "Ann");
    let first = invoice(&mut acme, &ann, 1, "2026-01-31");
    // The index is of the rows that are not cancelled.
    let again = || {
        Invoice::insert(NewInvoice::new(
            &ann,
            1,
            Decimal::from(9),
            date("2026-02-01"),
        ))
        .on_conflict((Invoice::CUSTOMER, Invoice::NUMBER))
        .update((Invoice::TOTAL, Invoice::ISSUED_ON))
    };
    let changed = again().returning(&mut acme).unwrap();
    assert_eq!(
        (changed.id, changed.total, changed.version),
        (first.id, Decimal::from(9), 2)
    );
    // Within a relation it is the new row all the same, and not one of the relation's model, whose columns may be named alike.
    let more = Customer::INVOICES.any(Invoice::NUMBER.gt(excluded(Invoice::NUMBER)));
    let more = again().filter(Invoice::CUSTOMER.on(more));
    assert!(!more.execute(&mut acme).unwrap());
    let other = Customer::ID.eq(excluded(Customer::ID));
    let other = again().filter(Invoice::CUSTOMER.on(other));
    let refused = other.execute(&mut acme).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Configuration, "{refused}");
    assert!(refused.to_string().contains("`excluded`"), "{refused}");
    let cancelled = Invoice::update_where(Invoice::everything()).set(Invoice::CANCELLED, true);
    cancelled.execute(&mut acme).unwrap();
    assert!(again().outcome(&mut acme).unwrap().is_new());

    let (_database, mut scope) = shared_table::<Visit>();
    for (name, day, other, seen) in [
        ("visits_once_a_day", 3, "Page", 2),
        ("visits_page_folded", 0, "PAGE", 2),
    ] {
        for page in ["Page", other] {
            Visit::insert(NewVisit::new(page, day))
                .on_conflict_with(name)
                .set(Visit::COUNT, Visit::COUNT + 1)
                .execute(&mut scope)
                .unwrap();
        }
        let row = Visit::query().filter(Visit::DAY.eq(day)).one(&mut scope);
        assert_eq!(row.unwrap().count, seen);
    }
}

#[test]
fn what_is_not_unique_is_refused_before_it_is_sent() {
    let (_database, mut scope) = shared_table::<Visit>();
    let insert = || Visit::insert(NewVisit::new("a", 1));
    let error = insert()
        .on_conflict(Visit::PAGE)
        .do_nothing()
        .execute(&mut scope);
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!(
        error.to_string(),
        "no unique constraint or index of `Visit` is of `page` (model `Visit`, operation `upsert`)\n\
         help: a row of it is unique by `id`; `page`, `day` (`visits_once_a_day`); `lower(page)` where `day = 0` (`visits_page_folded`)"
    );
    let error = insert()
        .on_conflict_with("visits")
        .do_nothing()
        .execute(&mut scope);
    let message = error.unwrap_err().to_string();
    assert!(
        message.starts_with("no unique constraint or index of `Visit` is called `visits`"),
        "{message}"
    );
    assert_eq!(Visit::query().count(&mut scope).unwrap(), 0);
}

#[test]
fn many_rows_meet_those_that_are_there() {
    let (_database, mut scope) = shared_table::<Visit>();
    let rows = |days: std::ops::Range<i32>| days.map(|day| NewVisit::new("a", day));
    let upsert = |days| Visit::insert_many(rows(days)).on_conflict((Visit::PAGE, Visit::DAY));
    assert_eq!(upsert(1..11).do_nothing().execute(&mut scope).unwrap(), 10);
    let outcomes = upsert(6..21)
        .set(Visit::COUNT, Visit::COUNT + 1)
        .outcomes(&mut scope);
    let outcomes = outcomes.unwrap();
    let told = outcomes.into_iter().map(|it| (it.is_new(), it.into_row()));
    for (day, (is_new, row)) in (6..).zip(told) {
        assert_eq!(
            (row.day, row.count, is_new),
            (day, if day < 11 { 2 } else { 1 }, day >= 11)
        );
    }
    let kept = upsert(15..31).do_nothing().returning(&mut scope).unwrap();
    let days: Vec<i32> = kept.iter().map(|row| row.day).collect();
    assert_eq!(days, (21..31).collect::<Vec<_>>());
}

#[test]
fn two_rows_that_would_change_one_are_refused_wherever_they_stand() {
    let (_database, mut scope) = shared_table::<Visit>();
    for at in [1, 30_000] {
        let rows = (1..40_000)
            .map(|day| NewVisit::new("a", day))
            .chain([NewVisit::new("a", at)]);
        let upsert = Visit::insert_many(rows).on_conflict((Visit::PAGE, Visit::DAY));
        let error = upsert.update(Visit::COUNT).execute(&mut scope).unwrap_err();
        assert!(error.is_unique());
        assert_eq!(
            error.to_string(),
            format!(
                "row 40000 of those given: it has the same `page`, `day` as row {at}, and would change what that has just written \
                 (model `Visit`, operation `upsert`)\nhelp: give only one of them"
            )
        );
        assert_eq!(Visit::query().count(&mut scope).unwrap(), 0);
    }
    // What is the same by an expression is for the server to find.
    let rows = ["a", "A"].map(|page| NewVisit::new(page, 0));
    let upsert = Visit::insert_many(rows).on_conflict_with("visits_page_folded");
    let error = upsert.update(Visit::COUNT).execute(&mut scope).unwrap_err();
    assert!(error.is_unique(), "{error}");
    assert!(
        error.to_string().contains("help: give only one of them"),
        "{error}"
    );
}

#[test]
fn rows_of_a_partitioned_table_come_back() {
    let (database, mut shared) = shared_table::<Visit>();
    let in_parts = "DROP TABLE shared.visits; CREATE TABLE shared.visits ( \
        id bigint GENERATED BY DEFAULT AS IDENTITY, page text NOT NULL, day integer NOT NULL, count bigint NOT NULL DEFAULT 1, \
        version bigint NOT NULL DEFAULT 1, UNIQUE (page, day)) PARTITION BY HASH (page); \
        CREATE TABLE shared.visits_0 PARTITION OF shared.visits FOR VALUES WITH (MODULUS 1, REMAINDER 0)";
    database.connect().batch_execute(in_parts).unwrap();
    for count in [1, 2] {
        let upsert = Visit::insert(NewVisit::new("/", 1))
            .on_conflict((Visit::PAGE, Visit::DAY))
            .set(Visit::COUNT, Visit::COUNT + excluded(Visit::COUNT));
        assert_eq!(upsert.returning(&mut shared).unwrap().count, count);
    }
    let many = Visit::insert_many([NewVisit::new("/", 1), NewVisit::new("/b", 1)])
        .on_conflict((Visit::PAGE, Visit::DAY))
        .set(Visit::COUNT, 9);
    let rows = many.returning(&mut shared).unwrap();
    assert_eq!(rows.iter().map(|row| row.count).collect::<Vec<_>>(), [9, 1]);
    // But whether it is new can't be told, and that is said.
    let upsert = Visit::insert(NewVisit::new("/c", 1)).on_conflict((Visit::PAGE, Visit::DAY));
    let one = upsert.update(Visit::COUNT).outcome(&mut shared);
    let upsert = Visit::insert_many([NewVisit::new("/c", 1), NewVisit::new("/", 1)])
        .on_conflict((Visit::PAGE, Visit::DAY));
    let many = upsert.update(Visit::COUNT).outcomes(&mut shared);
    for error in [one.unwrap_err(), many.unwrap_err()] {
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error:?}");
        assert_eq!(
            error.to_string(),
            "a row of a partitioned table can't tell whether it is new (model `Visit`, operation `upsert`)\n\
             help: ask with `returning` or `execute`, which don't need to know"
        );
    }
    assert_eq!(Visit::query().count(&mut shared).unwrap(), 2);
}

#[test]
fn a_query_that_gives_several_values_is_not_a_row_met_twice() {
    let (_database, mut shared) = shared_table::<Visit>();
    let new = |day| NewVisit::new("/", day);
    Visit::insert_many([new(1), new(2)])
        .execute(&mut shared)
        .unwrap();
    let several = Visit::query().select(Visit::COUNT).scalar();
    let upsert = Visit::insert_many([new(1)])
        .on_conflict((Visit::PAGE, Visit::DAY))
        .set(Visit::COUNT, several.coalesce(0));
    let error = upsert.execute(&mut shared).unwrap_err();
    assert_eq!(error.sqlstate(), Some("21000"));
    assert_ne!(error.kind(), ErrorKind::Unique, "{error}");
}
