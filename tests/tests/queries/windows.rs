//! Windows: values of each row from the rows around it.

use std::ops::{Bound, RangeBounds};

use tenantry::prelude::*;
use tenantry::query::count;
use tenantry::query::expr::{Over, cume_dist, dense_rank, ntile, percent_rank, rank, row_number};

use super::stock::{Item, store};

#[test]
fn windows_look_at_the_rows_around_a_row() {
    let mut store = store();
    let by_kind = || {
        Over::all()
            .partition_by(Item::KIND)
            .order_by(Item::PRICE.desc())
    };
    let query = Item::query()
        .select((
            Item::NAME,
            row_number().over(by_kind()),
            Item::COUNT.sum().over(Over::all().partition_by(Item::KIND)),
            Item::COUNT.sum().over(Over::all().order_by(Item::ID.asc())),
            Item::COUNT.lag().over(Over::all().order_by(Item::ID.asc())),
            Item::NAME.first_value().over(by_kind()),
        ))
        .order_by(Item::ID.asc());
    let rows = query.all(&mut store.acme).unwrap();
    let rows: Vec<_> = rows
        .iter()
        .map(|r| (&*r.0, r.1, r.2, r.3, r.4, r.5.as_deref()))
        .collect();
    assert_eq!(
        rows,
        [
            ("Saw", 1, Some(10), Some(3), None, Some("Saw")),
            ("Blade", 2, Some(10), Some(10), Some(3), Some("Saw")),
            ("Ball", 2, Some(5), Some(10), Some(7), Some("Bear")),
            ("Bear", 1, Some(5), Some(15), Some(0), Some("Bear")),
        ]
    );
    let by_activity = || Over::all().order_by(Item::ACTIVE.desc());
    let query = Item::query()
        .select((
            rank().over(by_activity()),
            dense_rank().over(by_activity()),
            Item::COUNT.lead().over(by_activity()).is_null(),
        ))
        .order_by(rank().over(by_activity()).desc());
    let rows = query.all(&mut store.acme).unwrap();
    assert_eq!((rows[0].0, rows[0].1), (4, 2));
    assert_eq!(rows.iter().filter(|row| row.2).count(), 1);
}

/// The sum of each row's frame, beside how many rows are in it.
fn sums(acme: &mut TenantScope, places: impl RangeBounds<i32>) -> Vec<(Option<i64>, i64)> {
    let around = Over::all().order_by(Item::ID.asc()).rows(places);
    let rows = || around.clone();
    let query = Item::query().select((Item::COUNT.sum().over(rows()), count().over(rows())));
    query.order_by(Item::ID.asc()).all(acme).unwrap()
}

#[test]
fn a_window_has_rows_by_their_places() {
    let mut store = store();
    let acme = &mut store.acme;
    let (one, two, three, four) = (Some(3), Some(10), Some(7), Some(5));
    assert_eq!(
        sums(acme, -1..=0),
        [(one, 1), (two, 2), (three, 2), (four, 2)]
    );
    assert_eq!(
        sums(acme, ..=0),
        [(one, 1), (two, 2), (Some(10), 3), (Some(15), 4)]
    );
    assert_eq!(
        sums(acme, 1..),
        [(Some(12), 3), (four, 2), (four, 1), (None, 0)]
    );
    assert_eq!(sums(acme, ..), [(Some(15), 4); 4]);
    assert_eq!(sums(acme, -1..1), sums(acme, -1..=0), "the end is left out");
    assert_eq!(
        sums(acme, 1..=2),
        [(Some(7), 2), (four, 2), (four, 1), (None, 0)]
    );
    assert_eq!(
        sums(acme, ..0),
        [(None, 0), (one, 1), (two, 2), (Some(10), 3)]
    );
    let behind = (Bound::Excluded(0), Bound::Unbounded);
    assert_eq!(sums(acme, behind), sums(acme, 1..), "the start is left out");
    assert_eq!(sums(acme, i32::MIN..=i32::MAX), [(Some(15), 4); 4]);
}

#[test]
fn a_window_that_ends_before_it_starts_has_no_rows() {
    let mut store = store();
    for (start, end) in [(0, -1), (1, 0), (-1, -2), (3, 2), (i32::MAX, i32::MIN)] {
        assert_eq!(sums(&mut store.acme, start..=end), [(None, 0); 4]);
    }
    assert_eq!(sums(&mut store.acme, 0..0), [(None, 0); 4]);
    let none = Over::all().order_by(Item::ID.asc()).rows(..0);
    let query = Item::query()
        .select(Item::NAME.first_value().over(none))
        .order_by(Item::ID.asc());
    let names = query.all(&mut store.acme).unwrap();
    assert_eq!(names[..2], [None, Some("Saw".to_owned())]);
}

#[test]
fn rows_of_a_window_are_found_by_their_distance_and_number() {
    let mut store = store();
    let by_id = || Over::all().order_by(Item::ID.asc());
    let query = Item::query()
        .select((
            Item::COUNT.lag_by(2).over(by_id()),
            Item::COUNT.lead_by(3).over(by_id()),
            Item::COUNT.lead_by(0).over(by_id()),
            Item::NOTE.nth_value(1).over(by_id().rows(..)),
            Item::COUNT.nth_value(2).over(by_id()),
            Item::NAME.last_value().over(by_id().rows(..)),
            Item::NAME.last_value().over(by_id()),
        ))
        .order_by(Item::ID.asc());
    let rows = query.all(&mut store.acme).unwrap();
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        rows[0],
        (
            None,
            Some(5),
            Some(3),
            text("sharp"),
            None,
            text("Bear"),
            text("Saw")
        )
    );
    assert_eq!(
        rows[3],
        (
            Some(7),
            None,
            Some(5),
            text("sharp"),
            Some(7),
            text("Bear"),
            text("Bear")
        )
    );
}

#[test]
fn rows_are_parted_and_ranked_by_their_share() {
    let mut store = store();
    let by_activity = || Over::all().order_by(Item::ACTIVE.desc());
    let query = Item::query()
        .select((
            ntile(3).over(Over::all().order_by(Item::ID.asc())),
            percent_rank().over(by_activity()),
            cume_dist().over(by_activity()),
        ))
        .order_by(Item::ID.asc());
    let rows = query.all(&mut store.acme).unwrap();
    assert_eq!(
        rows,
        [
            (1, 0.0, 0.75),
            (1, 0.0, 0.75),
            (2, 1.0, 1.0),
            (3, 0.0, 0.75)
        ]
    );
    let query = Item::query().select(ntile(0).over(Over::all()));
    let error = query.all(&mut store.acme).unwrap_err();
    assert!(error.to_string().contains("ntile"), "{error}");
}
