//! Queries of rows with keys of several columns: pages, relations over join tables, locks.

use std::collections::BTreeSet;

use tenantry::ErrorKind;
use tenantry::model::Model;
use tenantry::prelude::*;
use tenantry::query::Orders;

use crate::models::{
    Membership, NewMembership, Reading, Role, Team, User, World, may, reading, team,
};

fn with_readings() -> (World, TenantScope) {
    let world = World::new();
    let mut acme = world.tenant("acme");
    let new = (0..23_i16).map(|n| {
        reading(
            ["b", "a"][usize::from(n % 2 == 0)],
            1 + i8::from(n % 3 == 0),
            n,
            i64::from(n % 4),
        )
    });
    Reading::insert_many(new).execute(&mut acme).unwrap();
    (world, acme)
}

fn slots(rows: &[Stored<Reading>]) -> Vec<i16> {
    rows.iter().map(|row| row.slot).collect()
}

#[test]
fn pages_have_every_row_once_in_any_order() {
    let (_world, mut acme) = with_readings();
    let orders: [fn() -> Query<Reading>; 5] = [
        Reading::query,
        || Reading::query().order_by(Reading::VALUE.asc()),
        || Reading::query().order_by(Reading::VALUE.desc()),
        || {
            Reading::query()
                .order_by(Reading::SLOT.desc())
                .order_by(Reading::VALUE.asc())
        },
        || {
            Reading::query()
                .order_by(Reading::SLOT.asc())
                .order_by(Reading::DAY.asc())
                .order_by(Reading::DEVICE.desc())
                .order_by(Reading::VALUE.asc())
        },
    ];
    for order in orders {
        let mut told = Vec::new();
        let mut page = order().keyset(4).all(&mut acme).unwrap();
        let last = loop {
            told.extend(slots(&page.rows));
            let Some(next) = page.next else {
                break page.previous.unwrap();
            };
            page = order().keyset(4).after(&next).all(&mut acme).unwrap();
        };
        assert_eq!(told.len(), 23);
        assert_eq!(told.iter().collect::<BTreeSet<_>>().len(), 23);
        let back = order().keyset(4).before(&last).all(&mut acme).unwrap();
        assert_eq!(slots(&back.rows), told[16..20]);
        let mut numbered = Vec::new();
        for number in 1..=6 {
            let page = order().page(number, 4).all(&mut acme).unwrap();
            assert_eq!(page.total, 23);
            numbered.extend(slots(&page.rows));
        }
        assert_eq!(numbered, told);
    }
    // Without an order of its own it is that of the key.
    let page = Reading::query().keyset(50).all(&mut acme).unwrap();
    let key = |row: &Stored<Reading>| (row.device.clone(), row.day, row.slot);
    assert!(page.rows.is_sorted_by_key(key));
}

#[test]
fn rows_that_a_limit_leaves_are_gathered_by_their_keys() {
    let (_world, mut acme) = with_readings();
    let first = || Reading::query().order_by(Reading::SLOT.asc()).limit(5);
    let sum = first().select(Reading::SLOT.sum()).one(&mut acme).unwrap();
    assert_eq!(sum, Some(10));
    let days = first()
        .group_by(Reading::DAY)
        .order_by_key(Orders::asc)
        .select(Reading::SLOT.max())
        .all(&mut acme)
        .unwrap();
    assert_eq!(days, [(may(1), Some(4)), (may(2), Some(3))]);
    let distinct = Reading::query().distinct_on(Reading::DEVICE);
    assert_eq!(distinct.count(&mut acme).unwrap(), 2);
}

#[test]
fn rows_are_locked_and_streamed() {
    let (_world, mut acme) = with_readings();
    let locked = acme.transaction(|tx| {
        Reading::query()
            .filter(Reading::DEVICE.eq("a"))
            .for_update()
            .skip_locked()
            .all(tx)
    });
    assert_eq!(locked.unwrap().len(), 12);
    let seen = Reading::query().for_each(&mut acme, |_| Ok(()));
    assert_eq!(seen.unwrap(), 23);
}

#[test]
fn rows_are_found_by_many_keys() {
    let (world, mut acme) = with_readings();
    let keys = [("b", may(1), 1), ("a", may(2), 0), ("a", may(1), 1)];
    let found = Reading::find_many(keys).order_by(Reading::SLOT.asc());
    assert_eq!(slots(&found.all(&mut acme).unwrap()), [0, 1]);
    let rows = Reading::query().limit(3).all(&mut acme).unwrap();
    let again = Reading::find_many(rows.iter().chain(&rows)).all(&mut acme);
    let mut again = again.unwrap();
    again.sort_by_key(|row| rows.iter().position(|known| known.key() == row.key()));
    assert_eq!(again, rows);
    let none: [&Stored<Reading>; 0] = [];
    assert_eq!(Reading::find_many(none).count(&mut acme).unwrap(), 0);
    let mut globex = world.tenant("globex");
    let error = Reading::find_many(&rows).all(&mut globex).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignRow);
    let nul = Reading::find_many([("a", may(1), 0), ("a\0b", may(1), 0)]).all(&mut acme);
    let nul = nul.unwrap_err();
    assert_eq!(nul.kind(), ErrorKind::Value);
    assert!(nul.to_string().contains("`device`"), "{nul}");
}

#[test]
fn rows_are_found_by_many_pairs_of_references() {
    let (_world, mut acme, [ann, bob], [red, blue, _]) = with_members();
    let pairs = [(&ann, &blue), (&bob, &blue), (&bob, &red)];
    let found = Membership::find_many(pairs).order_by(Membership::USER.asc());
    let found: Vec<_> = found.all(&mut acme).unwrap();
    let told = found.iter().map(|row| (*row.user.key(), *row.team.key()));
    let told: Vec<_> = told.collect();
    assert_eq!(told, [(ann.id, blue.id), (bob.id, red.id)]);
}

/// Ann is in both teams, Bob in one, and nobody in the third.
fn with_members() -> (World, TenantScope, [Stored<User>; 2], [Stored<Team>; 3]) {
    let world = World::new();
    let (ann, bob) = (world.user("ann@x"), world.user("bob@x"));
    let mut acme = world.tenant("acme");
    let teams = ["red", "blue", "green"].map(|name| team(&mut acme, name));
    for (user, team, role) in [
        (&ann, &teams[0], Role::Owner),
        (&ann, &teams[1], Role::Member),
        (&bob, &teams[0], Role::Member),
    ] {
        Membership::insert(NewMembership::new(user, role, team))
            .execute(&mut acme)
            .unwrap();
    }
    (world, acme, [ann, bob], teams)
}

#[test]
fn join_tables_lead_from_one_side_to_the_other() {
    let (_world, mut acme, [ann, bob], teams) = with_members();
    let members = Team::query()
        .with(Team::MEMBERSHIPS.through(Membership::USER))
        .order_by(Team::ID.asc())
        .all(&mut acme)
        .unwrap();
    let counts: Vec<usize> = members.iter().map(|(_, users)| users.len()).collect();
    assert_eq!(counts, [2, 1, 0]);
    assert_eq!(members[1].1[0], ann);
    let hers = User::MEMBERSHIPS
        .through(Membership::TEAM)
        .load([&ann, &bob], &mut acme)
        .unwrap();
    assert_eq!((hers[0].len(), hers[1].len()), (2, 1));
    assert_eq!(hers[1][0], teams[0]);
    let rows = Membership::query()
        .with(Membership::USER)
        .with(Membership::TEAM)
        .filter(Membership::ROLE.eq(Role::Owner))
        .all(&mut acme)
        .unwrap();
    assert_eq!((&rows[0].1, &rows[0].2), (&ann, &teams[0]));
    let (row, user, team) = &rows[0];
    assert_eq!(row.follow(Membership::USER, &mut acme).unwrap(), *user);
    assert_eq!(
        row.key(),
        Membership::find((user, team)).one(&mut acme).unwrap().key()
    );
}

#[test]
fn conditions_lead_over_join_tables() {
    let (_world, mut acme, [ann, _], teams) = with_members();
    let with_ann = Team::query()
        .filter(Team::MEMBERSHIPS.any(Membership::USER.eq(&ann)))
        .order_by(Team::ID.asc());
    assert_eq!(with_ann.all(&mut acme).unwrap(), teams[..2]);
    let of_users = Membership::query()
        .filter(Membership::USER.on(User::EMAIL.eq("bob@x")))
        .select(Membership::TEAM.to(Team::NAME));
    assert_eq!(of_users.all(&mut acme).unwrap(), ["red"]);
    let related = ann
        .related(User::MEMBERSHIPS)
        .filter(Membership::TEAM.eq(&teams[1]));
    assert_eq!(related.one(&mut acme).unwrap().role, Role::Member);
    let deleted = Membership::delete_where(Membership::TEAM.in_query(with_teams("red")));
    assert_eq!(deleted.execute(&mut acme).unwrap(), 2);
    // The database deletes what belongs to a team.
    let [_, blue, _] = teams;
    blue.delete(&mut acme).unwrap();
    assert_eq!(Membership::query().count(&mut acme).unwrap(), 0);
}

fn with_teams(name: &str) -> Query<Team> {
    Team::query().filter(Team::NAME.eq(name))
}

#[test]
fn tables_have_the_primary_key_in_the_order_of_the_fields() {
    let (world, acme, ..) = with_members();
    drop(acme);
    let columns = tenantry_tests::fleet::texts(
        &mut world.database.connect(),
        "SELECT pg_get_constraintdef(oid) FROM pg_constraint WHERE contype = 'p'
         AND connamespace = 'acme'::regnamespace ORDER BY conrelid::regclass::text",
    );
    assert!(
        columns.contains(&"PRIMARY KEY (\"user\", team)".to_owned()),
        "{columns:?}"
    );
    assert!(
        columns.contains(&"PRIMARY KEY (device, day, slot)".to_owned()),
        "{columns:?}"
    );
    let indexes = tenantry_tests::fleet::texts(
        &mut world.database.connect(),
        "SELECT indexname FROM pg_indexes WHERE schemaname = 'acme' AND tablename = 'group' ORDER BY 1",
    );
    // The key's own index serves its first column.
    assert_eq!(indexes, ["group_pkey", "group_team_idx"]);
    let names: Vec<&str> = Membership::DEF.key_columns().map(|def| def.name).collect();
    assert_eq!(names, ["user", "team"]);
}

#[test]
fn rows_are_got_or_inserted_by_their_key() {
    let (_world, mut acme, [_, bob], teams) = with_members();
    let key = (Membership::USER, Membership::TEAM);
    let mut get = |role| {
        Membership::insert(NewMembership::new(&bob, role, &teams[2]))
            .on_conflict(key)
            .get_or_insert(&mut acme)
            .unwrap()
    };
    assert!(get(Role::Owner).is_new());
    let again = get(Role::Member);
    assert!(!again.is_new());
    assert_eq!(again.into_row().role, Role::Owner);
}
