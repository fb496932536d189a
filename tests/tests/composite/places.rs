//! Keys know which tenant's row they are of.

use tenantry::ErrorKind;
use tenantry::prelude::*;

use crate::models::{
    Follow, Membership, NewFollow, NewMembership, Reading, Role, World, reading, team,
};

#[test]
fn a_key_is_refused_in_another_tenant() {
    let world = World::new();
    let ann = world.user("ann@x");
    let (mut acme, mut globex) = (world.tenant("acme"), world.tenant("globex"));
    let red = team(&mut acme, "red");
    team(&mut globex, "red");
    let new = || NewMembership::new(&ann, Role::Member, &red);
    let mut member = Membership::insert(new()).returning(&mut acme).unwrap();
    // A part that is a reference, the key of the row, the row.
    let refused = [
        Membership::find((&ann, &red))
            .exists(&mut globex)
            .unwrap_err(),
        Membership::find(member.key())
            .exists(&mut globex)
            .unwrap_err(),
        Membership::insert(new()).execute(&mut globex).unwrap_err(),
        member.reload(&mut globex).unwrap_err(),
        {
            member.role = Role::Owner;
            member.save(&mut globex).unwrap_err()
        },
    ];
    for error in refused {
        assert_eq!(error.kind(), ErrorKind::ForeignRow, "{error}");
    }
    // Bare values have no place.
    let bare = Membership::find((ann.id, red.id)).exists(&mut globex);
    assert!(!bare.unwrap());
}

#[test]
fn the_key_of_a_row_is_of_its_tenant_though_its_parts_are_shared_or_bare() {
    let world = World::new();
    let (ann, bob) = (world.user("ann@x"), world.user("bob@x"));
    let (mut acme, mut globex) = (world.tenant("acme"), world.tenant("globex"));
    let of_acme = Follow::insert(NewFollow::new(&ann, &bob))
        .returning(&mut acme)
        .unwrap();
    let error = Follow::find(of_acme.key()).exists(&mut globex).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignRow, "{error}");
    assert!(Follow::find(of_acme.key()).exists(&mut acme).unwrap());
    // What is shared means the same everywhere.
    assert!(!Follow::find((&ann, &bob)).exists(&mut globex).unwrap());
    let reading = Reading::insert(reading("a", 1, 0, 7))
        .returning(&mut acme)
        .unwrap();
    let error = Reading::find(&reading).exists(&mut globex).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignRow, "{error}");
}

#[test]
fn a_key_stays_with_its_tenant_when_that_is_renamed_or_suspended() {
    let world = World::new();
    let mut acme = world.tenant("acme");
    let row = Reading::insert(reading("a", 1, 0, 7))
        .returning(&mut acme)
        .unwrap();
    drop(acme);
    let (old, new) = (crate::models::key("acme"), crate::models::key("select"));
    world.db.tenants().rename(&old, &new).unwrap();
    let mut renamed = world.tenant("select");
    assert_eq!(Reading::find(row.key()).one(&mut renamed).unwrap(), row);
    world.db.tenants().suspend(&new).unwrap();
    let refused = world.db.tenant(&new).map(drop).unwrap_err();
    assert!(refused.to_string().contains("suspended"), "{refused}");
}
