//! Defaults of references that are computed.

use tenantry::prelude::*;
use tenantry::testing::TestDb;
use tenantry_tests::chain_of;
use tenantry_tests::fleet::{app, key};

/// A zone with a number.
#[shared_model]
struct Zone {
    #[field(key, given)]
    id: i64,
}

/// A site, which is in the zone of its tenant unless told otherwise.
#[tenant_model]
struct Site {
    #[field(key)]
    id: i64,
    #[field(
        constraint = false,
        on_delete = "set_default",
        default = sql("pg_catalog.length(pg_catalog.pg_typeof(NULL::\"{tenant}\".balls)::text)::bigint")
    )]
    zone: Fk<Zone>,
}

/// A ball that falls into one of two zones.
#[tenant_model]
struct Ball {
    #[field(key)]
    id: i64,
    number: i64,
    #[field(
        constraint = false,
        on_delete = "set_default",
        default = sql("1 + pg_catalog.floor(pg_catalog.random() * 2)::bigint")
    )]
    zone: Fk<Zone>,
}

fn given(zones: std::ops::Range<i64>) -> (Database, TestDb) {
    let database = TestDb::from_template("references and defaults", |url| {
        let db = app(url);
        let models = [Zone::DEF, Site::DEF, Ball::DEF];
        db.migrator(chain_of(&models)).run().unwrap();
        for name in ["acme", "a-longer-name"] {
            db.tenants().create(&key(name)).unwrap();
        }
    });
    let db = app(database.url());
    let zones = zones.map(NewZone::new);
    Zone::insert_many(zones)
        .execute(&mut db.shared().unwrap())
        .unwrap();
    (db, database)
}

#[test]
fn a_default_that_names_the_schema_is_that_of_each_tenant() {
    let (db, _database) = given(1..100);
    for name in ["acme", "a-longer-name"] {
        let mut tenant = db.tenant_now(key(name)).unwrap();
        Site::insert(NewSite::new().zone(99))
            .execute(&mut tenant)
            .unwrap();
        Site::insert(NewSite::new()).execute(&mut tenant).unwrap();
    }
    let zone = Zone::delete_where(Zone::ID.eq(99));
    zone.execute(&mut db.shared().unwrap()).unwrap();
    let zones = ["acme", "a-longer-name"].map(|name| {
        let mut tenant = db.tenant_now(key(name)).unwrap();
        let sites = Site::query().order_by(Site::ID.asc());
        let sites = sites.all(&mut tenant).unwrap();
        assert_eq!(sites[0].zone.key(), sites[1].zone.key());
        *sites[0].zone.key()
    });
    assert!(zones[0] < zones[1], "{zones:?}");
}

/// The zones of all balls of a tenant.
fn zones(tenant: &mut TenantScope) -> Vec<i64> {
    let balls = Ball::query().all(tenant).unwrap();
    balls.iter().map(|ball| *ball.zone.key()).collect()
}

#[test]
fn a_default_that_is_another_each_time_is_written_as_it_was_looked_for() {
    let (db, _database) = given(1..2);
    let mut acme = db.tenant_now(key("acme")).unwrap();
    for number in 0..60 {
        // Refused half of the times.
        drop(Ball::insert(NewBall::new(number)).execute(&mut acme));
    }
    let all = zones(&mut acme);
    assert!(
        !all.is_empty() && all.iter().all(|zone| *zone == 1),
        "{all:?}"
    );
}

#[test]
fn each_of_many_rows_has_a_default_of_its_own() {
    let (db, _database) = given(1..4);
    let mut acme = db.tenant_now(key("acme")).unwrap();
    Ball::insert_many((0..60).map(NewBall::new))
        .execute(&mut acme)
        .unwrap();
    let all = zones(&mut acme);
    assert!(all.contains(&1) && all.contains(&2), "{all:?}");
    Ball::update_where(Ball::everything())
        .set(Ball::ZONE, 3)
        .execute(&mut acme)
        .unwrap();
    let zone = Zone::delete_where(Zone::ID.eq(3));
    zone.execute(&mut db.shared().unwrap()).unwrap();
    let all = zones(&mut acme);
    assert!(all.contains(&1) && all.contains(&2), "{all:?}");
}
