//! Aggregates and groups.

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry::query::{TimePart, count};

use super::date;
use super::stock::{Item, Kind, named, store};

fn decimal(text: &str) -> Decimal {
    text.parse().unwrap()
}

#[test]
fn all_rows_together_have_one_value() {
    let mut store = store();
    let acme = &mut store.acme;
    let query = Item::query().select((count(), Item::NOTE.count(), Item::KIND.count_distinct()));
    assert_eq!(query.one(acme).unwrap(), (4, 2, 2));
    let query = Item::query().select((
        Item::COUNT.sum(),
        Item::SOLD.sum(),
        Item::PRICE.sum(),
        Item::WEIGHT.sum(),
    ));
    let sums: (Option<i64>, Option<Decimal>, Option<Decimal>, Option<f64>) =
        query.one(acme).unwrap();
    assert_eq!(
        sums,
        (
            Some(15),
            Some(decimal("40")),
            Some(decimal("45.75")),
            Some(3.75)
        )
    );
    let query = Item::query().select((Item::COUNT.avg(), Item::WEIGHT.avg(), Item::PRICE.avg()));
    let averages: (Option<Decimal>, Option<f64>, Option<Decimal>) = query.one(acme).unwrap();
    assert_eq!(
        averages,
        (
            Some(decimal("3.75")),
            Some(0.9375),
            Some(decimal("11.4375"))
        )
    );
    let query = Item::query().select((
        Item::NAME.min(),
        Item::SINCE.max(),
        Item::RESERVED.max(),
        Item::PART_OF.min(),
    ));
    let (name, since, reserved, part_of) = query.one(acme).unwrap();
    assert_eq!(
        (name.as_deref(), since, reserved),
        (Some("Ball"), Some(date("2026-02-14")), Some(9))
    );
    assert!(part_of.is_some());
    let query = Item::query().select((
        Item::ACTIVE.bool_and(),
        Item::ACTIVE.bool_or(),
        Item::COUNT.lt(8).bool_and(),
    ));
    assert_eq!(
        query.one(acme).unwrap(),
        (Some(false), Some(true), Some(true))
    );
    let query = Item::query().select((
        Item::RESERVED.array_agg(),
        Item::COUNT.array_agg(),
        Item::NAME.string_agg(", "),
    ));
    let (reserved, counts, names) = query.one(acme).unwrap();
    assert_eq!(reserved.unwrap(), [Some(1), Some(9), None, None]);
    assert_eq!(counts.unwrap(), [0, 3, 5, 7]);
    assert_eq!(names.as_deref(), Some("Ball, Bear, Blade, Saw"));
}

#[test]
fn spreads_and_percentiles_are_those_of_the_values_in_any_number_of_digits() {
    let mut store = store();
    let acme = &mut store.acme;
    let query = Item::query().select((
        Item::COUNT.var_pop(),
        Item::COUNT.var_samp(),
        Item::COUNT.stddev_pop(),
        Item::COUNT.stddev_samp(),
    ));
    let (var_pop, var_samp, stddev_pop, stddev_samp) = query.one(acme).unwrap();
    assert_eq!(var_pop, Some(decimal("6.6875")));
    let near = |value: Option<Decimal>, expected: &str| {
        assert_eq!(value.unwrap().round_dp(6), decimal(expected));
    };
    near(var_samp, "8.916667");
    near(stddev_pop, "2.586020");
    near(stddev_samp, "2.986079");
    let query = Item::query().select((
        Item::COUNT.percentile_cont(0.5),
        Item::PRICE.percentile_cont(1.0),
        Item::COUNT.percentile_cont(0.5).filter(Item::COUNT.gt(3)),
        Item::COUNT.stddev_samp().filter(Item::COUNT.gt(5)),
    ));
    let (median, dearest, of_some, of_one) = query.one(acme).unwrap();
    let dearest_price = Item::query().select(Item::PRICE.max()).one(acme).unwrap();
    assert_eq!((median, of_some, of_one), (Some(4.0), Some(6.0), None));
    assert_eq!(
        dearest.map(|it| it.to_string()),
        dearest_price.map(|it| it.normalize().to_string())
    );
    let each = Item::query().group_by(Item::ACTIVE);
    let each = each.select(Item::COUNT.stddev_pop());
    assert_eq!(each.all(acme).unwrap().len(), 2);
}

#[test]
fn of_no_rows_only_a_count_has_a_value() {
    let mut store = store();
    let query = Item::query()
        .filter(Item::COUNT.gt(100))
        .order_by(Item::NAME.asc())
        .select((
            count(),
            Item::COUNT.sum(),
            Item::PRICE.avg(),
            Item::NAME.max(),
            Item::NAME.string_agg(","),
            Item::COUNT.sum().coalesce(0),
        ));
    assert_eq!(
        query.one(&mut store.acme).unwrap(),
        (0, None, None, None, None, 0)
    );
}

#[test]
fn an_aggregate_takes_the_rows_that_a_condition_keeps() {
    let mut store = store();
    let query = Item::query().select((
        count().filter(Item::ACTIVE),
        Item::PRICE
            .sum()
            .filter(Item::KIND.to(Kind::NAME).eq("toy")),
        Item::COUNT.sum().filter(Item::COUNT.gt(100)),
        Item::COUNT.sum() * 2 + 1,
        Item::COUNT.max().coalesce(0) - Item::COUNT.min().coalesce(0),
    ));
    let row = query.one(&mut store.acme).unwrap();
    assert_eq!(row, (3, Some(decimal("31.00")), None, Some(31), 7));
}

#[test]
fn groups_have_their_keys_and_aggregates() {
    let mut store = store();
    let acme = &mut store.acme;
    let by_kind = Item::query()
        .filter(Item::ACTIVE)
        .group_by(Item::KIND.to(Kind::NAME))
        .order_by_key(|kind| kind.desc())
        .select((count(), Item::COUNT.sum()));
    let rows: Vec<(String, (i64, Option<i64>))> = by_kind.clone().all(acme).unwrap();
    assert_eq!(
        rows,
        [
            ("toy".to_owned(), (1, Some(5))),
            ("tool".to_owned(), (2, Some(10)))
        ]
    );
    assert_eq!(by_kind.clone().count(acme).unwrap(), 2);
    assert_eq!(by_kind.limit(1).all(acme).unwrap().len(), 1);
    let dear = Item::query()
        .group_by(Item::KIND)
        .having(Item::PRICE.sum().gt(decimal("20")) & count().ge(2))
        .select(Item::PRICE.max());
    assert_eq!(dear.all(acme).unwrap()[0].1, Some(decimal("30.00")));
    // What is computed from a key is too, even with a value.
    let by_rest = Item::query()
        .group_by(Item::COUNT % 3)
        .order_by_key(|rest| ((rest + 1) % 3).asc())
        .select(count());
    let rows = by_rest.all(acme).unwrap();
    assert_eq!(rows, [(2, 1), (0, 2), (1, 1)]);
    // A key with a value in it is the same in the order.
    let by_size = Item::query()
        .group_by((Item::COUNT / 4, Item::SINCE.truncate(TimePart::Year)))
        .order_by(count().desc())
        .order_by_key(|(size, year)| (year, size).1.asc())
        .select(Item::NAME.string_agg("+"));
    let rows = by_size.all(acme).unwrap();
    let rows: Vec<_> = rows
        .iter()
        .map(|((size, year), names)| (*size, *year, names.as_deref()))
        .collect();
    assert_eq!(
        rows,
        [
            (0, date("2026-01-01"), Some("Ball+Saw")),
            (1, date("2025-01-01"), Some("Bear")),
            (1, date("2026-01-01"), Some("Blade")),
        ]
    );
}

/// The sizes of the groups that a condition makes, of the one that does not meet it first.
macro_rules! sizes {
    ($scope:expr, $key:expr) => {{
        let groups = Item::query()
            .group_by($key)
            .order_by_key(|key| key.asc())
            .select(count());
        groups.all($scope).unwrap()
    }};
}

#[test]
fn groups_are_ordered_by_a_key_of_any_kind() {
    let mut store = store();
    let acme = &mut store.acme;
    let halves = |without, with| [(false, without), (true, with)];
    assert_eq!(sizes!(acme, Item::COUNT.between(1, 5)), halves(2, 2));
    assert_eq!(sizes!(acme, Item::COUNT.is_in([0, 3, 5])), halves(1, 3));
    assert_eq!(
        sizes!(acme, Item::COUNT.gt(1) & Item::COUNT.lt(7)),
        halves(2, 2)
    );
    assert_eq!(
        sizes!(acme, Item::COUNT.lt(1) | Item::COUNT.gt(5)),
        halves(2, 2)
    );
    assert_eq!(sizes!(acme, !Item::COUNT.eq(7)), halves(1, 3));
    assert_eq!(
        sizes!(acme, Item::NOTE.coalesce("-").lower().is_in(["-"])),
        halves(2, 2)
    );
    assert_eq!(sizes!(acme, (Item::RESERVED + 1).is_null()), halves(2, 2));
    assert_eq!(
        sizes!(acme, Item::KIND.to(Kind::TAGS).has("soft")),
        halves(2, 2)
    );
    assert_eq!(
        sizes!(acme, Item::KIND.on(Kind::NAME.eq("toy"))),
        halves(2, 2)
    );
    assert_eq!(
        sizes!(acme, Item::PARTS.any(Item::COUNT.gt(1))),
        halves(3, 1)
    );
    assert_eq!(sizes!(acme, Item::PARTS.of(count()).gt(0)), halves(3, 1));
    let toys = || Kind::query().filter(Kind::NAME.eq("toy"));
    assert_eq!(sizes!(acme, Item::KIND.in_query(toys())), halves(2, 2));
    let dear = || Item::query().order_by(Item::PRICE.desc()).limit(1);
    let dear = dear().select(Item::PRICE).scalar();
    assert_eq!(sizes!(acme, Item::PRICE.eq(dear)), halves(3, 1));
}

#[test]
fn aggregates_are_of_the_rows_that_a_query_gives() {
    let mut store = store();
    let acme = &mut store.acme;
    let dearest = || Item::query().order_by(Item::PRICE.desc());
    let sums = (
        dearest().limit(2).select(Item::PRICE.sum()).one(acme),
        dearest().offset(1).select(Item::PRICE.sum()).one(acme),
        dearest().limit(0).select(Item::PRICE.sum()).one(acme),
    );
    let (two, others, none) = (sums.0.unwrap(), sums.1.unwrap(), sums.2.unwrap());
    assert_eq!(
        (two, others),
        (Some(decimal("42.50")), Some(decimal("15.75")))
    );
    assert_eq!(none, None);
    // Of each kind the dearest, by a name that is joined.
    let each = Item::query()
        .distinct_on(Item::KIND.to(Kind::NAME))
        .order_by(Item::KIND.to(Kind::NAME).asc())
        .order_by(Item::PRICE.desc());
    let query = each.select((count(), Item::NAME.string_agg(",")));
    assert_eq!(query.one(acme).unwrap(), (2, Some("Bear,Saw".to_owned())));
    // Behind the groups a limit is of groups, and before them of rows.
    let first = || Item::query().order_by(Item::ID.asc()).limit(3);
    let groups = first().group_by(Item::KIND.to(Kind::NAME));
    let groups = groups.order_by_key(|kind| kind.asc()).select(count());
    let all = groups.clone().all(acme).unwrap();
    assert_eq!(all, [("tool".to_owned(), 2), ("toy".to_owned(), 1)]);
    assert_eq!(groups.clone().offset(1).all(acme).unwrap(), all[1..]);
    assert_eq!(groups.count(acme).unwrap(), 2);
    let active = first().filter(Item::ACTIVE).select(count());
    assert_eq!(active.filter(Item::COUNT.gt(3)).one(acme).unwrap(), 2);
    // Within an expression, and for rows that are referenced from a row.
    let two = dearest().limit(2).select(Item::PRICE.min()).scalar();
    assert_eq!(named(acme, Item::PRICE.ge(two)), ["Saw", "Bear"]);
    let saw = Item::query()
        .filter(Item::NAME.eq("Saw"))
        .one(acme)
        .unwrap();
    let parts = saw.related(Item::PARTS).limit(1).select(count());
    assert_eq!(parts.clone().one(acme).unwrap(), 1);
    let mut globex = store.tenant("globex");
    let error = parts.one(&mut globex).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignRow);
}

#[test]
fn aggregates_of_a_distinct_selection_are_refused() {
    let mut store = store();
    let acme = &mut store.acme;
    assert_eq!(
        Item::query().distinct().select(count()).one(acme).unwrap(),
        4
    );
    let kinds = || Item::query().select(Item::KIND).distinct();
    let summed = kinds().select(count());
    let limited = kinds().limit(1).select(count()).distinct();
    let errors = [
        summed.clone().one(acme).unwrap_err(),
        summed.clone().count(acme).unwrap_err(),
        limited.one(acme).unwrap_err(),
        kinds()
            .group_by(Item::KIND)
            .select(count())
            .all(acme)
            .unwrap_err(),
        Item::query()
            .filter(Item::SOLD.in_query(summed))
            .count(acme)
            .unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error.kind(), ErrorKind::Configuration);
        let text = error.to_string();
        assert!(
            text.contains("Item") && text.contains("\nhelp: count"),
            "{text}"
        );
    }
}

#[test]
fn a_null_is_not_true_in_all_rows() {
    let mut store = store();
    let all = Item::query().select((
        Item::NOTE.eq("sharp").bool_and(),
        Item::RESERVED.cast::<bool>().bool_and(),
        Item::RESERVED.cast::<bool>().bool_or(),
    ));
    assert_eq!(
        all.one(&mut store.acme).unwrap(),
        (Some(false), Some(false), Some(true))
    );
}
