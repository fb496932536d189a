//! One row, by its key.

use tenantry::ErrorKind;
use tenantry::model::Model;
use tenantry::prelude::*;

use crate::models::{
    Follow, Membership, NewFollow, NewMembership, Reading, Role, World, may, reading, team,
};

#[test]
fn a_row_is_found_changed_and_deleted_by_its_whole_key() {
    let world = World::new();
    let (ann, bob) = (world.user("ann@x"), world.user("bob@x"));
    let mut acme = world.tenant("acme");
    let (red, blue) = (team(&mut acme, "red"), team(&mut acme, "blue"));
    for (user, team) in [(&ann, &red), (&ann, &blue), (&bob, &red)] {
        let new = NewMembership::new(user, Role::Member, team);
        Membership::insert(new).execute(&mut acme).unwrap();
    }
    // By values, by references, by rows, by the row itself.
    let mut row = Membership::find((ann.id, blue.id)).one(&mut acme).unwrap();
    assert_eq!((row.user, row.team), (ann.key(), blue.key()));
    for found in [
        Membership::find((&ann, &blue)),
        Membership::find((ann.key(), blue.id)),
        Membership::find((row.user, row.team)),
        Membership::find(row.key()),
        Membership::find(&row),
    ] {
        assert_eq!(found.one(&mut acme).unwrap(), row);
    }
    assert!(!Membership::find((&bob, &blue)).exists(&mut acme).unwrap());
    let gone = Membership::find((bob.id, blue.id)).one(&mut acme);
    assert_eq!(gone.unwrap_err().kind(), ErrorKind::NotFound);

    row.role = Role::Owner;
    row.save(&mut acme).unwrap();
    let owners = Membership::query().filter(Membership::ROLE.eq(Role::Owner));
    assert_eq!(owners.count(&mut acme).unwrap(), 1);
    let mut same = Membership::find((&ann, &blue)).one(&mut acme).unwrap();
    row.note = Some("first".to_owned());
    row.save(&mut acme).unwrap();
    same.reload(&mut acme).unwrap();
    assert_eq!(same.note.as_deref(), Some("first"));
    row.delete(&mut acme).unwrap();
    assert_eq!(Membership::query().count(&mut acme).unwrap(), 2);
    let again = same.delete(&mut acme).unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Stale, "{again}");
}

#[test]
fn the_key_is_a_tuple_and_shows_its_values() {
    let world = World::new();
    let mut acme = world.tenant("acme");
    let row = Reading::insert(reading("a'b", 1, 3, 7))
        .returning(&mut acme)
        .unwrap();
    let key: (String, _, i16) = row.key().into_key();
    assert_eq!(key, ("a'b".to_owned(), may(1), 3));
    assert_eq!(Model::key(&*row), key);
    assert_eq!(row.key(), Fk::new(key));
    assert_eq!(
        format!("{:?}", row.key()),
        "Reading(\"a'b\", 2026-05-01, 3)"
    );
    let json = serde_json::to_string(&row.key()).unwrap();
    assert_eq!(json, r#"["a'b","2026-05-01",3]"#);
    let read: Fk<Reading> = serde_json::from_str(&json).unwrap();
    assert_eq!(Reading::find(read).one(&mut acme).unwrap(), row);
    assert_eq!(
        Reading::find(("a'b", may(1), 3)).one(&mut acme).unwrap(),
        row
    );
}

#[test]
fn a_default_of_the_key_is_filled_in() {
    let world = World::new();
    let mut acme = world.tenant("acme");
    let new = crate::models::NewReading::new("a", may(1), 7);
    let row = Reading::insert(new).returning(&mut acme).unwrap();
    assert_eq!(row.slot, 0);
    let twice = Reading::insert(reading("a", 1, 0, 8)).execute(&mut acme);
    let twice = twice.unwrap_err();
    assert_eq!(twice.kind(), ErrorKind::Unique, "{twice}");
    let text = twice.to_string();
    assert!(
        text.contains("Reading") && text.contains("readings_pkey"),
        "{text}"
    );
}

#[test]
fn a_row_keeps_its_key_when_it_is_saved() {
    let world = World::new();
    let mut acme = world.tenant("acme");
    let mut row = Reading::insert(reading("a", 1, 0, 7))
        .returning(&mut acme)
        .unwrap();
    let stored = row.key();
    row.slot = 5;
    assert_eq!(row.key(), stored, "it is found as it is stored");
    let refused = row.save(&mut acme).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Configuration);
    assert!(refused.to_string().contains("`slot`"), "{refused}");
    // That is a matter of an update, by which the row is found anew.
    let moved = Reading::update_where(Reading::DEVICE.eq("a")).set(Reading::SLOT, 5);
    assert_eq!(moved.execute(&mut acme).unwrap(), 1);
    let refused = row.reload(&mut acme).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Stale);
    let mut row = Reading::find(("a", may(1), 5)).one(&mut acme).unwrap();
    row.value = 9;
    row.save(&mut acme).unwrap();
    assert_eq!((row.value, row.version), (9, 3));
}

#[test]
fn a_version_is_checked_beside_the_key() {
    let world = World::new();
    let mut acme = world.tenant("acme");
    let mut one = Reading::insert(reading("a", 1, 0, 7))
        .returning(&mut acme)
        .unwrap();
    let mut other = Reading::find(&one).one(&mut acme).unwrap();
    one.value = 8;
    one.save(&mut acme).unwrap();
    other.value = 9;
    assert_eq!(other.save(&mut acme).unwrap_err().kind(), ErrorKind::Stale);
    assert_eq!(
        other.delete(&mut acme).unwrap_err().kind(),
        ErrorKind::Stale
    );
    let mut undone = Reading::find(("a", may(1), 0)).one(&mut acme).unwrap();
    let outcome: tenantry::Result<()> = acme.transaction(|tx| {
        undone.value = 10;
        undone.save(tx)?;
        Reading::find(("none", may(1), 0)).one(tx).map(drop)
    });
    outcome.unwrap_err();
    undone.save(&mut acme).unwrap();
    assert_eq!((undone.value, undone.version), (10, 3));
    undone.delete(&mut acme).unwrap();
    assert_eq!(Reading::query().count(&mut acme).unwrap(), 0);
}

#[test]
fn values_that_can_t_be_sent_are_told_by_the_field() {
    let world = World::new();
    let mut acme = world.tenant("acme");
    let error = Reading::find(("a\0b", may(1), 0))
        .one(&mut acme)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Value, "{error}");
    let text = error.to_string();
    assert!(
        text.contains("`device`") && text.contains("`Reading`"),
        "{text}"
    );
    let error = Reading::find(("", Date::MIN, 0))
        .one(&mut acme)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Encode, "{error}");
    assert!(error.to_string().contains("`day`"), "{error}");
    let found = Reading::find(("", Date::MAX, i16::MIN)).optional(&mut acme);
    assert!(found.unwrap().is_none());
}

#[test]
fn a_part_without_a_constraint_is_looked_for() {
    let world = World::new();
    let ann = world.user("ann@x");
    let mut acme = world.tenant("acme");
    let refused = Follow::insert(NewFollow::new(&ann, ann.id + 1000)).execute(&mut acme);
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::ForeignKey);
    let row = Follow::insert(NewFollow::new(&ann, &ann))
        .returning(&mut acme)
        .unwrap();
    // The shared row is looked for in every tenant before it goes.
    let mut shared = world.db.shared().unwrap();
    let refused = ann.delete(&mut shared).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ForeignKey, "{refused}");
    row.delete(&mut acme).unwrap();
    assert_eq!(Follow::query().count(&mut acme).unwrap(), 0);
}
