//! Queries within queries.

use tenantry::prelude::*;
use tenantry::query::count;

use super::stock::{Item, Kind, named, store};

#[test]
fn a_value_is_looked_for_among_those_of_a_query() {
    let mut store = store();
    let toys = || Kind::query().filter(Kind::NAME.eq("toy"));
    let mut named = |condition| named(&mut store.acme, condition);
    assert_eq!(named(Item::KIND.in_query(toys())), ["Ball", "Bear"]);
    assert_eq!(named(!Item::KIND.in_query(toys())), ["Saw", "Blade"]);
    let parts = Item::query().filter(Item::PART_OF.is_not_null());
    assert_eq!(
        named(Item::COUNT.in_query(parts.select(Item::COUNT))),
        ["Blade"]
    );
    let counts = Item::query().group_by(Item::KIND).select(Item::COUNT.max());
    assert_eq!(
        named(Item::COUNT.in_query(Item::query().select(Item::COUNT.max()))),
        ["Blade"]
    );
    drop(counts);
    let latest = Item::query()
        .order_by(Item::SINCE.desc())
        .limit(2)
        .select(Item::NAME);
    assert_eq!(named(Item::NAME.in_query(latest)), ["Blade", "Ball"]);
}

#[test]
fn a_query_is_a_value_or_a_condition() {
    let mut store = store();
    let average = Item::query().select(Item::PRICE.avg()).scalar();
    assert_eq!(
        named(&mut store.acme, Item::PRICE.gt(average)),
        ["Saw", "Bear"]
    );
    let none = Kind::query().filter(Kind::NAME.eq("food")).gives_any();
    assert_eq!(named(&mut store.acme, none), [""; 0]);
    let some = Kind::query().filter(Kind::NAME.eq("toy")).gives_any();
    assert_eq!(named(&mut store.acme, Item::ACTIVE & some).len(), 3);
    let first = Kind::query()
        .order_by(Kind::ID.asc())
        .limit(1)
        .select(Kind::NAME)
        .scalar();
    let query = Item::query().select((Item::NAME.min(), first.coalesce("none")));
    assert_eq!(
        query.one(&mut store.acme).unwrap(),
        (Some("Ball".to_owned()), "tool".to_owned())
    );
}

#[test]
fn the_referencing_rows_are_aggregated_beside_each_row() {
    let mut store = store();
    let query = Item::query()
        .select((
            Item::NAME,
            Item::PARTS.of(count()),
            Item::PARTS.of(Item::COUNT.sum()),
        ))
        .order_by(Item::PARTS.of(count()).desc())
        .order_by(Item::NAME.asc());
    let rows = query.all(&mut store.acme).unwrap();
    assert_eq!(rows[0], ("Saw".to_owned(), 1, Some(7)));
    assert_eq!(rows[1], ("Ball".to_owned(), 0, None));
    assert_eq!(
        named(&mut store.acme, Item::PARTS.of(count()).gt(0)),
        ["Saw"]
    );
    let update = Item::update_where(Item::PARTS.of(Item::COUNT.sum()).eq(7));
    assert_eq!(
        update
            .set(Item::SPECIAL, true)
            .execute(&mut store.acme)
            .unwrap(),
        1
    );
    // A shared model's query reaches a tenant's rows through a tenant's scope.
    let used =
        Kind::query().filter(Kind::ID.in_query(Item::query().select(Item::KIND.cast::<i64>())));
    assert_eq!(used.count(&mut store.acme).unwrap(), 2);
}

#[test]
fn a_query_of_another_place_is_refused_within_another_too() {
    let mut store = store();
    let saw = Item::query()
        .filter(Item::NAME.eq("Saw"))
        .one(&mut store.acme)
        .unwrap();
    let parts = || saw.related(Item::PARTS);
    let condition = || Item::NAME.in_query(parts().select(Item::NAME));
    assert_eq!(named(&mut store.acme, condition()), ["Blade"]);
    let mut globex = store.tenant("globex");
    let error = Item::query()
        .filter(condition())
        .all(&mut globex)
        .unwrap_err();
    assert_eq!(error.kind(), tenantry::ErrorKind::ForeignRow);
}

#[test]
fn a_null_among_the_values_of_a_query_hides_no_row() {
    let mut store = store();
    let reserved = || Item::query().select(Item::RESERVED);
    let mut named = |condition| named(&mut store.acme, condition);
    assert_eq!(named((Item::COUNT - 4).in_query(reserved())), ["Bear"]);
    assert_eq!(
        named(!(Item::COUNT - 4).in_query(reserved())),
        ["Saw", "Blade", "Ball"]
    );
    // One that is null itself is neither among them nor not.
    assert_eq!(
        named(Item::RESERVED.in_query(reserved())),
        ["Blade", "Bear"]
    );
    assert_eq!(named(!Item::RESERVED.in_query(reserved())), [""; 0]);
}

#[test]
fn an_array_that_a_query_gives_has_its_elements() {
    let mut store = store();
    let acme = &mut store.acme;
    let soft = || Item::KIND.to(Kind::TAGS).has("soft");
    assert_eq!(named(acme, soft()), ["Ball", "Bear"]);
    let update = Item::update_where(soft() & !Item::KIND.to(Kind::TAGS).has("sharp"));
    assert_eq!(update.set(Item::SPECIAL, true).execute(acme).unwrap(), 2);
    assert_eq!(named(acme, Item::SPECIAL), ["Ball", "Bear"]);
    let tags = Kind::query().filter(Kind::NAME.eq("tool"));
    let tags = tags.select(Kind::TAGS).scalar();
    assert_eq!(
        named(acme, tags.coalesce(vec![String::new()]).has("sharp")).len(),
        4
    );
}
