//! Answers of several queries that are made one.

use tenantry::ErrorKind;
use tenantry::across::{Fleet, SeesAllTenants};
use tenantry::prelude::*;
use tenantry::query::count;

use super::stock::{Item, Kind, NewItem, store};

/// Whoever may ask all stores.
struct Owner;
impl SeesAllTenants for Owner {}

fn names(rows: &[Stored<Item>]) -> Vec<&str> {
    rows.iter().map(|row| row.name.as_str()).collect()
}

fn toys() -> Query<Item> {
    Item::query().filter(Item::KIND.eq(2))
}

fn many() -> Query<Item> {
    Item::query().filter(Item::COUNT.ge(5))
}

#[test]
fn values_of_several_models_have_one_order_and_limit() {
    let mut store = store();
    let acme = &mut store.acme;
    let items = || Item::query().select((Item::NAME, Item::COUNT.cast::<i64>()));
    let kinds = || Kind::query().select((Kind::NAME, Kind::ID));
    let all = items().union(kinds()).order_by(Item::NAME.desc());
    let rows: Vec<(String, i64)> = all.clone().limit(3).offset(1).all(acme).unwrap();
    let rows: Vec<_> = rows.iter().map(|(name, n)| (name.as_str(), *n)).collect();
    assert_eq!(rows, [("tool", 1), ("Saw", 3), ("Blade", 7)]);
    assert_eq!(all.clone().count(acme).unwrap(), 6);
    assert!(all.clone().offset(5).exists(acme).unwrap());
    assert!(!all.clone().offset(6).exists(acme).unwrap());
    // The order is by any expression over what is given, and a condition too.
    let short = all
        .filter(Item::NAME.length().le(4))
        .order_by((Item::COUNT.cast::<i64>() + 1).asc());
    let mut seen = Vec::new();
    let told = short.for_each(acme, |(name, _)| {
        seen.push(name);
        Ok(())
    });
    assert_eq!((told.unwrap(), seen.len()), (5, 5));
    // The sides change places.
    let turned = kinds()
        .union_all(items())
        .order_by(Kind::ID.asc())
        .first(acme);
    assert_eq!(turned.unwrap(), Some(("Ball".to_owned(), 0)));
}

#[test]
fn each_query_keeps_its_own_order_and_limit() {
    let mut store = store();
    let latest = |kind| {
        let of_kind = Item::query().filter(Item::KIND.eq(kind));
        of_kind.order_by(Item::SINCE.desc()).limit(1)
    };
    let both = latest(1).union_all(latest(2)).order_by(Item::NAME.asc());
    assert_eq!(
        names(&both.all(&mut store.acme).unwrap()),
        ["Ball", "Blade"]
    );
}

#[test]
fn rows_are_united_met_and_left_out() {
    let mut store = store();
    let acme = &mut store.acme;
    let mut told = |query: Query<Item>| {
        let rows = query.order_by(Item::ID.asc()).all(acme).unwrap();
        rows.iter()
            .map(|row| row.name.clone())
            .collect::<Vec<_>>()
            .join(" ")
    };
    assert_eq!(told(toys().union(many())), "Blade Ball Bear");
    assert_eq!(told(toys().union_all(many())), "Blade Ball Bear Bear");
    assert_eq!(told(toys().intersect(many())), "Bear");
    assert_eq!(told(toys().except(many())), "Ball");
    // From left to right, as they are written.
    let saw = || Item::query().filter(Item::NAME.eq("Saw"));
    assert_eq!(told(saw().union(toys()).intersect(many())), "Bear");
    assert_eq!(told(saw().union(toys().intersect(many()))), "Saw Bear");
    assert_eq!(told(toys().except(many()).union(saw())), "Saw Ball");
    assert_eq!(told(toys().except(many()).except(toys())), "");
}

#[test]
fn whole_rows_are_rows_as_those_of_a_table_are() {
    let mut store = store();
    let acme = &mut store.acme;
    let either = || toys().union(many());
    // Columns that were not compared, related rows, joined ones, aggregates and groups.
    let filtered = either().filter(Item::KIND.on(Kind::NAME.eq("toy")) & Item::NOTE.is_not_null());
    assert_eq!(names(&filtered.all(acme).unwrap()), ["Bear"]);
    let joined = either()
        .join(Item::KIND)
        .order_by(Item::ID.asc())
        .all(acme)
        .unwrap();
    let joined: Vec<_> = joined
        .iter()
        .map(|(item, kind)| (&*item.name, &*kind.name))
        .collect();
    assert_eq!(
        joined,
        [("Blade", "tool"), ("Ball", "toy"), ("Bear", "toy")]
    );
    let joined = toys().join(Item::KIND).union(many().join(Item::KIND));
    assert_eq!(
        joined
            .order_by(Item::KIND.by(Kind::NAME.asc()))
            .all(acme)
            .unwrap()[0]
            .1
            .name,
        "tool"
    );
    let groups = either()
        .group_by(Item::KIND.to(Kind::NAME))
        .select((count(), Item::COUNT.sum()));
    let groups = groups.order_by(count().desc()).all(acme).unwrap();
    assert_eq!(groups[0], ("toy".to_owned(), (2, Some(5))));
    let two = either().order_by(Item::COUNT.desc()).limit(2);
    assert_eq!(two.select(Item::COUNT.sum()).one(acme).unwrap(), Some(12));
    let loaded = either()
        .order_by(Item::ID.asc())
        .with(Item::PART_OF)
        .all(acme)
        .unwrap();
    assert_eq!(loaded[0].1.as_ref().map(|whole| &*whole.name), Some("Saw"));
    // A row is one that can be changed, and knows where it came from.
    let mut bear = toys().intersect(many()).one(acme).unwrap();
    bear.count = 6;
    bear.save(acme).unwrap();
    assert_eq!(
        Item::query()
            .filter(Item::ID.in_query(either().filter(Item::COUNT.eq(6)).select(Item::ID)))
            .count(acme)
            .unwrap(),
        1
    );
    assert_eq!(
        Item::query()
            .filter(Item::PART_OF.in_query(either()))
            .count(acme)
            .unwrap(),
        0
    );
    let pages = either().order_by(Item::NAME.asc()).keyset(2);
    let first = pages.clone().all(acme).unwrap();
    let second = pages.after(&first.next).all(acme).unwrap();
    assert_eq!(
        (names(&first.rows), names(&second.rows)),
        (vec!["Ball", "Bear"], vec!["Blade"])
    );
    assert!(second.next.is_none() && second.previous.is_some());
}

#[test]
fn groups_and_selections_are_put_together_too() {
    let mut store = store();
    let acme = &mut store.acme;
    let by_kind = Item::query()
        .group_by(Item::KIND.to(Kind::NAME))
        .select(Item::COUNT.sum());
    let total = Item::query().group_by(tenantry::query::case(Item::ACTIVE, "all").otherwise("all"));
    let rows = by_kind.union_all(total.select(Item::COUNT.sum()));
    let rows = rows
        .order_by(Item::COUNT.sum().desc())
        .order_by(Item::KIND.to(Kind::NAME).asc());
    let page = rows.page(1, 2).all(acme).unwrap();
    assert_eq!(page.total, 3);
    assert_eq!(
        page.rows,
        [("all".to_owned(), Some(15)), ("tool".to_owned(), Some(10))]
    );
    // What is given is grouped and counted again.
    let names = Item::query()
        .select(Item::NAME)
        .union_all(Kind::query().select(Kind::NAME));
    let lengths = names.clone().group_by(Item::NAME.length()).select(count());
    let lengths = lengths.order_by(count().desc()).all(acme).unwrap();
    assert_eq!(lengths[0], (4, 3));
    let some = names
        .order_by(Item::NAME.asc())
        .limit(2)
        .select(Item::NAME.max());
    assert_eq!(some.one(acme).unwrap().as_deref(), Some("Bear"));
    // A quotient of either side has digits that a `Decimal` does not hold.
    let third = Item::query()
        .filter(Item::ID.eq(1))
        .select(Item::PRICE / Decimal::from(7));
    let whole = Item::query().filter(Item::ID.eq(2)).select(Item::PRICE);
    assert_eq!(whole.union(third).all(acme).unwrap().len(), 2);
}

#[test]
fn what_is_not_given_can_t_be_asked_about() {
    let mut store = store();
    let acme = &mut store.acme;
    let names = || {
        Item::query()
            .select(Item::NAME)
            .union(Kind::query().select(Kind::NAME))
    };
    let is = |error: tenantry::Error, word: &str| {
        assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
        let text = error.to_string();
        assert!(text.contains(word) && text.contains("help: "), "{text}");
    };
    is(
        names().order_by(Item::ID.asc()).all(acme).unwrap_err(),
        "don't give",
    );
    is(
        names()
            .filter(Item::KIND.on(Kind::ID.eq(1)))
            .all(acme)
            .unwrap_err(),
        "don't give",
    );
    is(
        names()
            .order_by(Item::KIND.by(Kind::ID.asc()))
            .all(acme)
            .unwrap_err(),
        "don't give",
    );
    is(
        names()
            .filter(Item::PARTS.exists())
            .count(acme)
            .unwrap_err(),
        "don't give",
    );
    is(names().keyset(2).all(acme).unwrap_err(), "no key");
    is(
        toys().union_all(many()).keyset(2).all(acme).unwrap_err(),
        "several times",
    );
    is(
        toys()
            .join(Item::PART_OF)
            .union(many().join(Item::PART_OF))
            .for_update()
            .all(acme)
            .unwrap_err(),
        "transaction",
    );
    let locked = acme.transaction(|tx| toys().union(many()).for_update().all(tx));
    is(locked.unwrap_err(), "come from other queries");
    let mut deep = toys();
    for _ in 0..1000 {
        deep = deep.union(many()).except(toys());
    }
    is(deep.all(acme).unwrap_err(), "16 levels");
    let mut long = toys();
    for _ in 0..100 {
        long = long.union(many());
    }
    assert_eq!(long.count(acme).unwrap(), 3);
}

#[test]
fn a_query_that_follows_another_tenant_s_row_is_refused() {
    let mut store = store();
    let saw = Item::query()
        .filter(Item::NAME.eq("Saw"))
        .one(&mut store.acme)
        .unwrap();
    let parts = || saw.related(Item::PARTS);
    let both = parts().union(toys());
    assert_eq!(both.count(&mut store.acme).unwrap(), 3);
    let mut globex = store.tenant("globex");
    let error = toys().union(parts()).all(&mut globex).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignRow);
    // Both tenants' answers stay their own.
    let day: Date = "2026-01-01".parse().unwrap();
    let seen: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    let doll = NewItem::new("Doll", 9, 0, Decimal::ONE, 1.0, 2, day, seen);
    Item::insert(doll).execute(&mut globex).unwrap();
    assert_eq!(
        names(&toys().union(many()).all(&mut globex).unwrap()),
        ["Doll"]
    );
    let mut fleet: Fleet = store.database().across(&Owner).unwrap();
    let either = || toys().union(many()).order_by(Item::COUNT.desc());
    let first: Vec<_> = either()
        .limit(2)
        .across(&mut fleet)
        .unwrap()
        .whole()
        .unwrap();
    let first: Vec<_> = first
        .iter()
        .map(|(key, item)| (key.as_str(), &*item.name))
        .collect();
    assert_eq!(first, [("globex", "Doll"), ("acme", "Blade")]);
    let sums = either()
        .select(Item::COUNT.sum())
        .across(&mut fleet)
        .unwrap();
    assert_eq!(sums.whole().unwrap(), [Some(21)]);
    let names = || {
        Item::query()
            .select(Item::NAME)
            .union(Kind::query().select(Kind::NAME))
    };
    let all = names()
        .order_by(Item::NAME.desc())
        .limit(3)
        .across(&mut fleet)
        .unwrap();
    let all: Vec<_> = all
        .whole()
        .unwrap()
        .into_iter()
        .map(|(_, name)| name)
        .collect();
    assert_eq!(all, ["toy", "toy", "tool"]);
    assert_eq!(
        names()
            .by_tenant(&mut fleet)
            .unwrap()
            .whole()
            .unwrap()
            .len(),
        9
    );
}
