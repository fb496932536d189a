//! Many rows at once, by their keys.

use postgres::NoTls;
use tenantry::ErrorKind;
use tenantry::across::SeesAllTenants;
use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry_tests::lossy::Lossy;

use crate::models::{Membership, NewMembership, Reading, Role, World, key, may, reading, team};

#[test]
fn many_rows_are_inserted_and_saved_by_their_keys() {
    let world = World::new();
    let mut acme = world.tenant("acme");
    let new = (0..300).map(|n| reading(&format!("d{}", n % 3), 1, n / 3, 0));
    let mut rows = Reading::insert_many(new).returning(&mut acme).unwrap();
    for (n, row) in (0..).zip(&mut rows) {
        row.value = n + 1;
    }
    assert_eq!(Reading::save_all(&mut rows, &mut acme).unwrap(), 300);
    let row = Reading::find(("d1", may(1), 5)).one(&mut acme).unwrap();
    assert_eq!((row.value, row.version), (17, 2));
    // One that was changed meanwhile: none is saved.
    let mut other = Reading::find(("d2", may(1), 0)).one(&mut acme).unwrap();
    other.value = -1;
    other.save(&mut acme).unwrap();
    for row in &mut rows {
        row.value += 1000;
    }
    let stale = Reading::save_all(&mut rows, &mut acme).unwrap_err();
    assert_eq!(stale.kind(), ErrorKind::Stale);
    assert!(
        stale.to_string().contains("row 3 of the 300 given"),
        "{stale}"
    );
    let big = Reading::query().filter(Reading::VALUE.ge(1000));
    assert_eq!(big.count(&mut acme).unwrap(), 0);
}

#[test]
fn rows_that_share_a_part_of_the_key_are_different_rows() {
    let world = World::new();
    let mut acme = world.tenant("acme");
    // The bytes of the parts, one behind the other, are the same.
    for device in ["ab", "a"] {
        Reading::insert(reading(device, 1, 1, 0))
            .execute(&mut acme)
            .unwrap();
    }
    let changed = Reading::update_many(
        Reading::VALUE,
        [(("ab", may(1), 1), 5), (("a", may(1), 1), 6)],
    );
    let rows = changed.returning(&mut acme).unwrap();
    assert_eq!((rows[0].value, rows[1].value), (5, 6));
    assert_eq!(rows[1].device, "a");
    let twice = Reading::update_many(
        Reading::VALUE,
        [(("a", may(1), 1), 5), (("a", may(1), 1), 6)],
    );
    let error = twice.execute(&mut acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unique, "{error}");
    let missing = Reading::update_many(
        Reading::VALUE,
        [(("a", may(1), 1), 7), (("b", may(1), 1), 7)],
    );
    let error = missing.execute(&mut acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotFound, "{error}");
    let rekeyed = Reading::update_many(Reading::SLOT, [(("a", may(1), 1), 7)]);
    let error = rekeyed.execute(&mut acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
    let sum = Reading::query().select(Reading::VALUE.sum());
    assert_eq!(sum.one(&mut acme).unwrap(), Some(Decimal::from(11)));
}

#[test]
fn a_conflict_is_told_by_the_whole_key() {
    let world = World::new();
    let (ann, bob) = (world.user("ann@x"), world.user("bob@x"));
    let mut acme = world.tenant("acme");
    let red = team(&mut acme, "red");
    let new = |user: &Stored<_>, role| NewMembership::new(user, role, &red);
    Membership::insert(new(&ann, Role::Member))
        .execute(&mut acme)
        .unwrap();
    let key = (Membership::USER, Membership::TEAM);
    let upserted = Membership::insert_many([new(&bob, Role::Member), new(&ann, Role::Owner)])
        .on_conflict(key)
        .update(Membership::ROLE)
        .returning(&mut acme)
        .unwrap();
    assert_eq!(upserted.len(), 2);
    let row = Membership::find((&ann, &red)).one(&mut acme).unwrap();
    assert_eq!(row.role, Role::Owner);
    let nothing = Membership::insert(new(&ann, Role::Member))
        .on_conflict(key)
        .do_nothing()
        .execute(&mut acme);
    assert!(!nothing.unwrap());
    // A part of the key is not unique.
    let part = Membership::insert(new(&ann, Role::Member))
        .on_conflict(Membership::USER)
        .do_nothing()
        .execute(&mut acme)
        .unwrap_err();
    assert_eq!(part.kind(), ErrorKind::Configuration);
    assert!(part.to_string().contains("`user`, `team`"), "{part}");
}

#[test]
fn rows_that_an_insert_of_several_statements_meets_twice_are_told() {
    let world = World::new();
    let mut acme = world.tenant("acme");
    let key = (Reading::DEVICE, Reading::DAY, Reading::SLOT);
    let new = || {
        (0..20_000)
            .map(|n| reading("a", 1, n, 0))
            .chain([reading("a", 1, 5, 1)])
    };
    let error = Reading::insert_many(new())
        .on_conflict(key)
        .update(Reading::VALUE)
        .execute(&mut acme)
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unique, "{error}");
    assert_eq!(Reading::query().count(&mut acme).unwrap(), 0);
    let once = Reading::insert_many(new().take(20_000))
        .on_conflict(key)
        .update(Reading::VALUE);
    assert_eq!(once.execute(&mut acme).unwrap(), 20_000);
}

#[test]
fn rows_whose_commit_has_no_answer_are_saved_again_by_their_keys() {
    let world = World::new();
    let new = (0..3).map(|slot| reading("a", 1, slot, 0));
    Reading::insert_many(new)
        .execute(&mut world.tenant("acme"))
        .unwrap();
    let lossy = Lossy::on_the_way_to(&world.database, "COMMIT");
    let db = Database::connect_with(&lossy.config(), NoTls, Options::default()).unwrap();
    let mut acme = db.tenant(&key("acme")).unwrap();
    let mut rows = Reading::query()
        .order_by(Reading::SLOT.asc())
        .all(&mut acme)
        .unwrap();
    let error = acme
        .transaction(|tx| {
            for row in &mut rows {
                row.value = 5;
            }
            rows[2].save(tx)?;
            Reading::save_all(&mut rows[..2], tx)
        })
        .unwrap_err();
    assert!(lossy.has_lost());
    assert_eq!(error.kind(), ErrorKind::CommitUnknown, "{error}");
    drop(acme);
    let mut acme = db.tenant(&key("acme")).unwrap();
    rows[2].save(&mut acme).unwrap();
    for row in &mut rows {
        row.value = 6;
    }
    assert_eq!(Reading::save_all(&mut rows, &mut acme).unwrap(), 3);
    let stored = Reading::query()
        .order_by(Reading::SLOT.asc())
        .all(&mut acme)
        .unwrap();
    assert_eq!(stored, rows);
    assert_eq!(stored[2].value, 6);
    for row in stored {
        row.delete(&mut acme).unwrap();
    }
}

struct Staff;

impl SeesAllTenants for Staff {}

#[test]
fn rows_of_all_tenants_are_told_apart_by_tenant_and_key() {
    let world = World::new();
    for (tenant, value) in [("acme", 1), ("globex", 2)] {
        let new = (0..2).map(|slot| reading("a", 1, slot, value));
        let insert = Reading::insert_many(new);
        insert.execute(&mut world.tenant(tenant)).unwrap();
    }
    let mut fleet = world.db.across(&Staff).unwrap();
    let found = Reading::query()
        .order_by(Reading::SLOT.desc())
        .order_by(Reading::VALUE.asc())
        .limit(3)
        .across(&mut fleet)
        .unwrap();
    let found: Vec<_> = found
        .rows()
        .iter()
        .map(|(tenant, row)| (tenant.as_str(), row.slot))
        .collect();
    assert_eq!(found, [("acme", 1), ("globex", 1), ("acme", 0)]);
    // A row of the answer is its tenant's.
    let rows = Reading::query().across(&mut fleet).unwrap();
    let (tenant, row) = &rows.rows()[0];
    let other = if tenant.as_str() == "acme" {
        "globex"
    } else {
        "acme"
    };
    let refused = Reading::find(row).exists(&mut world.tenant(other));
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::ForeignRow);
}
