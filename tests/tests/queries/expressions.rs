//! Expressions over columns, in conditions and orders.

use tenantry::prelude::*;
use tenantry::query::{TimePart, case, now};

use super::date;
use super::stock::{Item, Kind, named, store};

#[test]
fn expressions_compare_with_values_and_with_each_other() {
    let mut store = store();
    let mut named = |condition| named(&mut store.acme, condition);
    assert_eq!(named(Item::COUNT.lt(Item::RESERVED)), ["Blade"]);
    assert_eq!(named((Item::COUNT + 2).eq(5)), ["Saw"]);
    assert_eq!(
        named((Item::COUNT * 2 - 1).ge(Item::RESERVED + 4)),
        ["Blade", "Bear"]
    );
    assert_eq!(
        named((Item::COUNT % 2).eq(1) & (-Item::COUNT).le(-5)),
        ["Blade", "Bear"]
    );
    assert_eq!(
        named((Item::COUNT - Item::RESERVED * 2 - 3).is_null()),
        ["Saw", "Ball"]
    );
    assert_eq!(
        named((Item::SOLD / 3).eq(Item::COUNT.cast::<i64>())),
        ["Saw"]
    );
    assert_eq!(
        named((Item::PRICE * Item::COUNT.cast::<Decimal>()).gt(Decimal::from(100))),
        ["Bear"]
    );
    assert_eq!(
        named(Item::WEIGHT.gt(1.5) & !Item::ACTIVE.eq(false)),
        ["Blade"]
    );
    assert_eq!(named((Item::COUNT + 0).is_in([3, 7])), ["Saw", "Blade"]);
    assert_eq!(named((Item::COUNT - 1).between(-1, 2)), ["Saw", "Ball"]);
    assert_eq!(named((Item::COUNT - Item::RESERVED).abs().eq(2)), ["Blade"]);
}

#[test]
fn a_column_of_bool_is_a_condition() {
    let mut store = store();
    let mut named = |condition| named(&mut store.acme, condition);
    assert_eq!(named(!Item::ACTIVE), ["Ball"]);
    assert_eq!(
        named(Item::ACTIVE & Item::NAME.starts_with("B")),
        ["Blade", "Bear"]
    );
    assert_eq!(named(Item::SPECIAL | Item::COUNT.eq(3)), ["Saw"]);
    assert_eq!(
        named(Item::COUNT.gt(4).eq(Item::ACTIVE)),
        ["Blade", "Ball", "Bear"]
    );
    // What is neither true nor false equals what is not so.
    assert_eq!(
        named(Item::RESERVED.gt(5).eq(false)),
        ["Saw", "Ball", "Bear"]
    );
    let rows = Item::query().filter(Item::ACTIVE).count(&mut store.acme);
    assert_eq!(rows.unwrap(), 3);
}

#[test]
fn texts_have_functions() {
    let mut store = store();
    let mut named = |condition| named(&mut store.acme, condition);
    assert_eq!(named(Item::NAME.lower().eq("saw")), ["Saw"]);
    assert_eq!(named(Item::NAME.upper().like("BA%")), ["Ball"]);
    assert_eq!(named(Item::NAME.length().gt(4)), ["Blade"]);
    assert_eq!(named(Item::NOTE.trim().lower().eq("soft")), ["Bear"]);
    assert_eq!(named(Item::NAME.concat("!").eq("Saw!")), ["Saw"]);
    assert_eq!(
        named(Item::NAME.concat(Item::NOTE).is_null()),
        ["Blade", "Ball"]
    );
    assert_eq!(
        named(Item::NOTE.coalesce("none").eq("none")),
        ["Blade", "Ball"]
    );
    assert_eq!(named(Item::NOTE.coalesce(Item::NAME).eq("Ball")), ["Ball"]);
    assert_eq!(named(Item::NAME.null_if("Saw").is_null()), ["Saw"]);
    assert_eq!(named(Item::COUNT.cast::<String>().eq("7")), ["Blade"]);
    assert_eq!(named(Item::COUNT.greatest(Item::RESERVED).eq(9)), ["Blade"]);
    assert_eq!(named(Item::COUNT.least(1).eq(0)), ["Ball"]);
}

#[test]
fn a_case_has_the_value_of_the_first_condition() {
    let mut store = store();
    let stock = || {
        case(Item::COUNT.eq(0), "none")
            .when(Item::COUNT.lt(5), "few")
            .otherwise("many")
    };
    assert_eq!(named(&mut store.acme, stock().eq("few")), ["Saw"]);
    assert_eq!(named(&mut store.acme, stock().eq("none")), ["Ball"]);
    let wanted = case(Item::RESERVED.is_not_null(), Item::RESERVED).or_null();
    assert_eq!(named(&mut store.acme, wanted.gt(1)), ["Blade"]);
    let query = Item::query()
        .order_by(stock().desc())
        .order_by((Item::PRICE * Decimal::TWO).asc());
    let rows = query.all(&mut store.acme).unwrap();
    let rows: Vec<_> = rows.iter().map(|item| item.name.as_str()).collect();
    assert_eq!(rows, ["Ball", "Blade", "Bear", "Saw"]);
}

#[test]
fn times_are_truncated_and_taken_apart_in_utc() {
    let mut store = store();
    let mut named = |condition| named(&mut store.acme, condition);
    let february = date("2026-02-01");
    assert_eq!(
        named(Item::SINCE.truncate(TimePart::Month).eq(february)),
        ["Blade", "Ball"]
    );
    let january: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    assert_eq!(
        named(Item::SEEN.truncate(TimePart::Month).eq(january)),
        ["Saw"]
    );
    assert_eq!(
        named(Item::SEEN.part(TimePart::Hour).eq(23) & Item::SEEN.part(TimePart::Second).eq(15))
            .len(),
        4
    );
    assert_eq!(named(Item::SINCE.part(TimePart::Quarter).eq(4)), ["Bear"]);
    assert_eq!(named(Item::SEEN.gt(now())), [""; 0]);
    assert_eq!(named(Item::SINCE.lt(now())).len(), 4);
}

#[test]
fn expressions_reach_the_rows_that_are_referenced() {
    let mut store = store();
    let kind = || Item::KIND.to(Kind::NAME);
    assert_eq!(
        named(&mut store.acme, kind().upper().eq("TOY")),
        ["Ball", "Bear"]
    );
    let whole = || Item::PART_OF.to(Item::NAME);
    assert_eq!(
        named(&mut store.acme, whole().is_null()),
        ["Saw", "Ball", "Bear"]
    );
    let of_a_tool = Item::PART_OF.to(Item::KIND.to(Kind::NAME));
    assert_eq!(named(&mut store.acme, of_a_tool.eq("tool")), ["Blade"]);
    // In a statement that joins nothing, and in a condition on a referenced row.
    let some = Item::PART_OF.on(Item::KIND.to(Kind::NAME).eq("tool"));
    assert_eq!(named(&mut store.acme, some), ["Blade"]);
    let update = Item::update_where(kind().eq("toy") & whole().is_null());
    assert_eq!(
        update.set(Item::COUNT, 1).execute(&mut store.acme).unwrap(),
        2
    );
    let rows = Item::query()
        .order_by(kind().desc())
        .order_by(whole().asc().nulls_first())
        .join(Item::KIND)
        .order_by(Item::NAME.lower().asc());
    let sql = rows.to_sql(&store.acme).unwrap();
    assert_eq!(sql.matches("JOIN").count(), 2, "{sql}");
    let rows = rows.all(&mut store.acme).unwrap();
    let rows: Vec<_> = rows
        .iter()
        .map(|(item, kind)| (&*item.name, &*kind.name))
        .collect();
    assert_eq!(
        rows,
        [
            ("Ball", "toy"),
            ("Bear", "toy"),
            ("Saw", "tool"),
            ("Blade", "tool")
        ]
    );
}

#[test]
fn a_whole_number_is_made_whole_without_a_float_between() {
    let mut store = store();
    let large = 9_007_199_254_740_993_i64;
    let saw = Item::NAME.eq("Saw");
    for sold in [large, i64::MAX, i64::MIN] {
        let update = Item::update_where(saw.clone()).set(Item::SOLD, sold);
        update.execute(&mut store.acme).unwrap();
        let whole = Item::query().filter(saw.clone()).select((
            Item::SOLD.round(),
            Item::SOLD.floor(),
            Item::SOLD.ceil(),
        ));
        assert_eq!(whole.one(&mut store.acme).unwrap(), (sold, sold, sold));
    }
}
