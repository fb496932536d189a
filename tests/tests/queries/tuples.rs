//! Columns that are compared together, comparisons that know nulls, and moments that are computed.

use tenantry::prelude::*;
use tenantry::query::now;
use tenantry::value::Interval;
use tenantry::{ErrorKind, sql};

use super::stock::{Item, Kind, named, store};

#[test]
fn several_columns_are_one_of_some_tuples_or_behind_one() {
    let mut store = store();
    let tools = Kind::query()
        .filter(Kind::ID.eq(1))
        .one(&mut store.shared())
        .unwrap();
    let acme = &mut store.acme;
    let both = (Item::KIND, Item::COUNT);
    assert_eq!(
        named(acme, both.is_in([(1, 3), (2, 5), (2, 3)])),
        ["Saw", "Bear"]
    );
    assert_eq!(named(acme, both.is_in([(&tools, 7)])), ["Blade"]);
    assert_eq!(
        named(acme, !both.is_in([(1, 3), (2, 5)])),
        ["Blade", "Ball"]
    );
    assert_eq!(named(acme, both.is_in([(0_i64, 0_i32); 0])), [""; 0]);
    assert_eq!(named(acme, both.eq((2, 0))), ["Ball"]);
    assert_eq!(named(acme, both.ne((2, 0))), ["Saw", "Blade", "Bear"]);
    assert_eq!(named(acme, both.gt((1, 3))), ["Blade", "Ball", "Bear"]);
    assert_eq!(
        named(acme, both.ge((1, 7)) & both.lt((2, 5))),
        ["Blade", "Ball"]
    );
    assert_eq!(named(acme, both.le((1, 3))), ["Saw"]);
    let texts = (Item::NAME, Item::NOTE, Item::SINCE);
    let day: Date = "2026-01-31".parse().unwrap();
    assert_eq!(
        named(
            acme,
            texts.is_in([("Saw", "sharp", day), ("Bear", "sharp", day)])
        ),
        ["Saw"]
    );
    // A null is met by nothing, and makes no value that can't be read.
    assert_eq!(
        named(
            acme,
            (Item::NAME, Item::NOTE).is_in([("Ball", None::<String>)])
        ),
        [""; 0]
    );
    let seen = Item::query()
        .order_by(Item::ID.asc())
        .select((Item::COUNT, Item::RESERVED).gt((3, 0)));
    assert_eq!(seen.all(acme).unwrap(), [false, true, false, true]);
    // One text however many there are.
    let text = |keys: Vec<(i64, i32)>, acme: &TenantScope| {
        Item::query().filter(both.is_in(keys)).to_sql(acme).unwrap()
    };
    assert_eq!(
        text(vec![(1, 3)], acme),
        text((0..1000).map(|n| (n, 3)).collect(), acme)
    );
    let nul = (Item::NAME, Item::COUNT).is_in([("Saw", 3), ("a\0b", 3)]);
    let error = Item::query().filter(nul).all(acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Value);
    assert!(error.to_string().contains("`name`"), "{error}");
    let arrays =
        (Kind::NAME, Kind::TAGS).is_in([("toy", vec!["soft".to_owned(), "hard".to_owned()])]);
    assert_eq!(Kind::query().filter(arrays).count(acme).unwrap(), 1);
    let changed = Item::update_where(both.is_in([(1, 3), (1, 7)])).set(Item::SPECIAL, true);
    assert_eq!(changed.execute(acme).unwrap(), 2);
}

#[test]
fn a_null_is_a_value_that_differs_from_others() {
    let mut store = store();
    let acme = &mut store.acme;
    assert_eq!(
        named(acme, Item::NOTE.is_distinct_from("sharp")),
        ["Blade", "Ball", "Bear"]
    );
    assert_eq!(named(acme, !Item::NOTE.is_distinct_from("sharp")), ["Saw"]);
    assert_eq!(
        named(acme, Item::NOTE.is_not_distinct_from(None)),
        ["Blade", "Ball"]
    );
    assert_eq!(
        named(acme, Item::RESERVED.is_distinct_from(Item::COUNT)),
        ["Saw", "Blade", "Ball", "Bear"]
    );
    assert_eq!(
        named(acme, Item::RESERVED.is_not_distinct_from(Item::COUNT - 4)),
        ["Bear"]
    );
    let told = Item::query()
        .order_by(Item::ID.asc())
        .select(Item::RESERVED.is_distinct_from(9));
    assert_eq!(told.all(acme).unwrap(), [true, false, true, true]);
}

#[test]
fn moments_are_computed_whatever_the_zone_of_the_session() {
    let mut store = store();
    let computed = store.acme.transaction(|tx| {
        let zone = tx.sql(sql!("SELECT set_config('TimeZone', 'Europe/Berlin', true)"));
        assert_eq!(zone.row::<String>()?, "Europe/Berlin");
        compute(tx);
        Ok(())
    });
    computed.unwrap();
}

fn compute(acme: &mut TenantScope) {
    let date = |text: &str| text.parse::<Date>().unwrap();
    let saw = || Item::query().filter(Item::NAME.eq("Saw"));
    let (month, days) = (
        Interval::months(1),
        Interval {
            days: 14,
            ..Interval::default()
        },
    );
    let row = saw().select((
        Item::SINCE.later(month),
        Item::SINCE.later(days),
        Item::SEEN.later(month),
    ));
    let row = row.one(acme).unwrap();
    let seen: Timestamp = "2026-02-28T23:30:15Z".parse().unwrap();
    assert_eq!(row, (date("2026-02-28"), date("2026-02-14"), seen));
    let before = Item::SINCE.later(days).le(date("2026-02-14"));
    assert_eq!(named(acme, before), ["Saw", "Bear"]);
    let since = saw().select((
        Item::SINCE.since(date("2026-01-01")),
        Item::SEEN.since(Item::SEEN),
        Item::SINCE.age_since(date("2024-11-30")),
    ));
    let (thirty, none, age) = since.one(acme).unwrap();
    assert_eq!(
        (thirty.months, thirty.days, thirty.microseconds),
        (0, 30, 0)
    );
    assert_eq!(none, Interval::default());
    assert_eq!((age.months, age.days), (14, 1));
    // Days across the hour that a summer begins with have 24 hours.
    let spring: Timestamp = "2026-03-28T12:00:00Z".parse().unwrap();
    let next: Timestamp = "2026-03-29T12:00:00Z".parse().unwrap();
    let mut changed = saw().one(acme).unwrap();
    changed.seen = spring;
    changed.save(acme).unwrap();
    let day = Interval {
        days: 1,
        ..Interval::default()
    };
    let row = saw().select((
        Item::SEEN.later(day),
        Item::SEEN.later(day).since(Item::SEEN),
    ));
    assert_eq!(row.one(acme).unwrap(), (next, day));
    assert_eq!(
        named(
            acme,
            Item::SEEN.later(month).lt(now()) & Item::SEEN.since(now()).lt(day)
        )
        .len(),
        4
    );
}

#[test]
fn rows_are_found_by_many_keys() {
    let mut store = store();
    let acme = &mut store.acme;
    let bear = Item::query()
        .filter(Item::NAME.eq("Bear"))
        .one(acme)
        .unwrap();
    let found = Item::find_many([&bear, &bear]).all(acme).unwrap();
    assert_eq!((found.len(), found[0].count), (1, 5));
    let found = Item::find_many([3, 1, 99])
        .order_by(Item::NAME.asc())
        .select(Item::NAME);
    assert_eq!(found.all(acme).unwrap(), ["Ball", "Saw"]);
    assert_eq!(Item::find_many([0_i64; 0]).count(acme).unwrap(), 0);
    let mut globex = store.tenant("globex");
    let error = Item::find_many([&bear]).all(&mut globex).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignRow);
}
