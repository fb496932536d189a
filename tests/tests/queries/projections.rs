//! Columns and expressions instead of rows.

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry::query::case;

use super::stock::{Item, Kind, named, store};

fn names(rows: &[impl AsRef<str>]) -> Vec<&str> {
    rows.iter().map(AsRef::as_ref).collect()
}

#[test]
fn one_column_is_its_value_and_several_are_a_tuple() {
    let mut store = store();
    let acme = &mut store.acme;
    let all = Item::query().order_by(Item::ID.asc()).select(Item::NAME);
    assert_eq!(
        names(&all.all(acme).unwrap()),
        ["Saw", "Blade", "Ball", "Bear"]
    );
    let query = Item::query()
        .filter(Item::NOTE.is_not_null())
        .select((Item::NAME, Item::NOTE, Item::COUNT + 1, Item::PART_OF))
        .order_by(Item::NAME.desc());
    let rows: Vec<(String, Option<String>, i32, Option<Fk<Item>>)> = query.all(acme).unwrap();
    assert_eq!(
        rows[0],
        ("Saw".to_owned(), Some("sharp".to_owned()), 4, None)
    );
    assert_eq!(rows[1].2, 6);
    let one = Item::query().filter(Item::COUNT.eq(7)).select(Item::PRICE);
    assert_eq!(one.one(acme).unwrap(), Decimal::new(225, 2));
    let none = Item::query().filter(Item::COUNT.eq(70)).select(Item::PRICE);
    assert_eq!(none.clone().first(acme).unwrap(), None);
    assert_eq!(none.one(acme).unwrap_err().kind(), ErrorKind::NotFound);
    let mut seen = 0;
    let each = Item::query().select((Item::NAME, Item::COUNT));
    let rows = each.for_each(acme, |(_, count)| {
        seen += count;
        Ok(())
    });
    assert_eq!((rows.unwrap(), seen), (4, 15));
}

#[test]
fn twelve_values_make_a_tuple() {
    let mut store = store();
    let query = Item::query().filter(Item::ID.eq(1)).select((
        Item::ID,
        Item::NAME,
        Item::NOTE,
        Item::COUNT,
        Item::RESERVED,
        Item::SOLD,
        Item::PRICE,
        Item::WEIGHT,
        Item::ACTIVE,
        Item::SPECIAL,
        Item::KIND,
        Item::PART_OF,
    ));
    let row = query.one(&mut store.acme).unwrap();
    assert_eq!(
        (row.0, row.3, row.5, row.8, row.9, row.11),
        (1, 3, 10, true, false, None)
    );
}

#[test]
fn columns_of_referenced_rows_are_selected_through_the_key() {
    let mut store = store();
    let query = Item::query()
        .select((
            Item::NAME,
            Item::KIND.to(Kind::NAME),
            Item::PART_OF.to(Item::COUNT),
        ))
        .order_by(Item::KIND.by(Kind::NAME.desc()))
        .order_by(Item::NAME.asc());
    let sql = query.to_sql(&store.acme).unwrap();
    assert_eq!(sql.matches("JOIN").count(), 2, "each table once: {sql}");
    let rows = query.all(&mut store.acme).unwrap();
    let rows: Vec<_> = rows.iter().map(|(a, b, c)| (&**a, &**b, *c)).collect();
    assert_eq!(
        rows,
        [
            ("Ball", "toy", None),
            ("Bear", "toy", None),
            ("Blade", "tool", Some(3)),
            ("Saw", "tool", None)
        ]
    );
}

#[test]
fn where_no_row_is_referenced_nothing_is_computed() {
    let mut store = store();
    let acme = &mut store.acme;
    let note = || Item::PART_OF.to(Item::NOTE.coalesce("none"));
    let kind = || Item::PART_OF.to(Item::KIND.to(Kind::NAME.concat("!")));
    let whole = || Item::PART_OF.to(Item::PART_OF.to(Item::NOTE.coalesce("none")));
    let query = Item::query().order_by(Item::ID.asc()).select((
        note(),
        kind(),
        whole(),
        Item::PART_OF.to(Item::NOTE.is_null()),
        Item::PART_OF.to(Item::RESERVED.gt(5)),
    ));
    let rows = query.all(acme).unwrap();
    let sharp = Some("sharp".to_owned());
    let blade = (
        sharp,
        Some("tool!".to_owned()),
        None,
        Some(false),
        Some(false),
    );
    let nothing = (None, None, None, None, None);
    assert_eq!(rows, [nothing.clone(), blade, nothing.clone(), nothing]);
    // A condition meets the same rows where it joins and where it can't.
    let found = Item::query().filter(note().is_null()).count(acme).unwrap();
    let update = Item::update_where(note().is_null()).set(Item::SPECIAL, true);
    assert_eq!((found, update.execute(acme).unwrap()), (3, 3));
    let unnoted = Item::update_where(Item::NAME.eq("Saw")).set(Item::NOTE, None::<String>);
    assert_eq!(unnoted.execute(acme).unwrap(), 1);
    let found = Item::query().filter(note().eq("none")).count(acme).unwrap();
    let update = Item::update_where(note().eq("none")).set(Item::SPECIAL, true);
    assert_eq!((found, update.execute(acme).unwrap()), (1, 1));
}

#[test]
fn a_selected_condition_tells_whether_it_holds() {
    let mut store = store();
    let query = Item::query().order_by(Item::ID.asc()).select((
        Item::RESERVED.gt(5),
        !Item::RESERVED.gt(5),
        Item::RESERVED.gt(5) | Item::ACTIVE,
        case(Item::RESERVED.gt(5), "much").or_null(),
    ));
    let rows = query.all(&mut store.acme).unwrap();
    let much = Some("much".to_owned());
    assert_eq!(
        rows,
        [
            (false, false, true, None),
            (true, false, true, much),
            (false, false, false, None),
            (false, true, true, None)
        ]
    );
}

#[test]
fn distinct_leaves_out_what_is_alike() {
    let mut store = store();
    let acme = &mut store.acme;
    let size = || case(Item::COUNT.gt(4), "big").otherwise("small");
    let sizes = Item::query()
        .select(size())
        .distinct()
        .order_by(size().desc());
    assert_eq!(names(&sizes.clone().all(acme).unwrap()), ["small", "big"]);
    assert_eq!(sizes.clone().count(acme).unwrap(), 2);
    assert!(sizes.exists(acme).unwrap());
    // The dearest of each kind.
    let dearest = Item::query()
        .distinct_on(Item::KIND)
        .order_by(Item::KIND.asc())
        .order_by(Item::PRICE.desc());
    let rows = dearest.clone().all(acme).unwrap();
    assert_eq!(
        rows.iter().map(|item| &*item.name).collect::<Vec<_>>(),
        ["Saw", "Bear"]
    );
    assert_eq!(dearest.count(acme).unwrap(), 2);
    // What makes them alike comes first, if the order does not say so itself.
    let cheapest = Item::query().distinct_on((Item::KIND.to(Kind::NAME), Item::ACTIVE));
    let cheapest = cheapest
        .order_by(Item::PRICE.asc())
        .select((Item::NAME, Item::PRICE));
    assert_eq!(
        cheapest
            .all(acme)
            .unwrap()
            .iter()
            .map(|row| &*row.0)
            .collect::<Vec<_>>(),
        ["Blade", "Ball", "Bear"]
    );
}

#[test]
fn what_makes_rows_alike_can_be_computed_with_values() {
    let mut store = store();
    let acme = &mut store.acme;
    let alike = || (Item::COUNT % 2, Item::NOTE.coalesce("x"));
    let rows = Item::query().distinct_on(alike()).select(Item::NAME);
    assert_eq!(
        names(&rows.all(acme).unwrap()),
        ["Ball", "Bear", "Saw", "Blade"]
    );
    // The order names one of them itself, and an expression of the answer is one of them too.
    let odd = Item::query()
        .distinct_on(Item::COUNT % 2)
        .order_by((Item::COUNT % 2).desc())
        .order_by((Item::COUNT % 4).asc())
        .select((Item::COUNT % 2, Item::NAME));
    let rows = odd.clone().all(acme).unwrap();
    assert_eq!(rows, [(1, "Bear".to_owned()), (0, "Ball".to_owned())]);
    assert_eq!(odd.count(acme).unwrap(), 2);
    // So it is with rows, behind a filter with values, and within another query.
    let soft = Item::query()
        .filter(Item::COUNT.gt(0) & (Item::COUNT % 2).eq(1))
        .distinct_on(Item::PARTS.any(Item::COUNT.gt(1)))
        .order_by(Item::PARTS.any(Item::COUNT.gt(1)).desc())
        .order_by(Item::PRICE.desc());
    let rows = soft.clone().all(acme).unwrap();
    let found: Vec<_> = rows.iter().map(|item| &*item.name).collect();
    assert_eq!(found, ["Saw", "Bear"]);
    assert_eq!(
        named(acme, Item::ID.in_query(soft.select(Item::ID))),
        ["Saw", "Bear"]
    );
    let sizes = Item::query()
        .select((Item::COUNT % 2).eq(1))
        .distinct()
        .order_by((Item::COUNT % 2).eq(1).desc());
    assert_eq!(sizes.all(acme).unwrap(), [true, false]);
}
