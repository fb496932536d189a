//! Embedded structs that may not be there, in what is made of several tables or tenants: overlays, views, `across`, roll-ups and copies.

use tenantry::across::{Fleet, Rollup, SeesAllTenants};
use tenantry::prelude::*;
use tenantry::query::{Csv, count};
use tenantry::testing::TestDb;
use tenantry_tests::chain_of;

#[derive(Embedded, Debug, Clone, PartialEq)]
pub(crate) struct Point {
    pub(crate) x: i32,
    pub(crate) y: i32,
}

#[derive(Embedded, Debug, Clone, PartialEq)]
pub(crate) struct Depot {
    #[field(index, max_length = 20)]
    pub(crate) city: String,
    #[field(embed)]
    pub(crate) point: Option<Point>,
    #[field(precision = 8, scale = 2)]
    pub(crate) rent: Option<Decimal>,
    #[field(default = "CH")]
    pub(crate) country: String,
}

#[shared_model]
pub(crate) struct Part {
    #[field(key)]
    pub(crate) id: i64,
    #[field(unique)]
    pub(crate) sku: String,
    #[field(embed)]
    pub(crate) at: Option<Depot>,
}

#[tenant_model]
#[derive(Debug)]
pub(crate) struct OwnPart {
    #[field(key)]
    pub(crate) id: i64,
    #[field(unique)]
    pub(crate) sku: String,
    #[field(embed)]
    pub(crate) at: Option<Depot>,
}

#[tenant_overlay(own = OwnPart, shared = Part)]
#[derive(Debug)]
pub(crate) struct Stocked {
    #[field(key)]
    pub(crate) sku: String,
    #[field(embed)]
    pub(crate) at: Option<Depot>,
}

#[tenant_view(sql = "
    SELECT p.sku, p.at_city AS in_city, p.at_point_x AS in_point_x, p.at_point_y AS in_point_y, p.at_rent AS in_rent, p.at_country AS in_country
    FROM {OwnPart} p
")]
#[derive(Debug)]
pub(crate) struct Placed {
    pub(crate) sku: String,
    #[field(embed, prefix = "in_")]
    pub(crate) at: Option<Depot>,
}

#[shared_model]
#[derive(Debug)]
pub(crate) struct Stock {
    #[field(key)]
    pub(crate) id: i64,
    pub(crate) tenant: TenantKey,
    #[field(embed)]
    pub(crate) at: Option<Depot>,
    pub(crate) parts: i64,
}

/// Somebody of the provider's.
struct Staff;

impl SeesAllTenants for Staff {}

fn depot(city: &str, point: Option<(i32, i32)>) -> Depot {
    Depot {
        city: city.to_owned(),
        point: point.map(|(x, y)| Point { x, y }),
        rent: None,
        country: "CH".to_owned(),
    }
}

/// Two tenants with parts in depots and elsewhere, and a catalogue.
fn store() -> (TestDb, Database, TenantScope) {
    let database = TestDb::new();
    let db = Database::connect(database.url()).unwrap();
    let models = [Part::DEF, OwnPart::DEF, Placed::DEF, Stock::DEF];
    db.migrator(chain_of(&models)).run().unwrap();
    let mut shared = db.shared().unwrap();
    let parts = [
        NewPart::new("a").at(depot("Bern", Some((1, 2)))),
        NewPart::new("b").at(NewDepot::new("Chur")),
        NewPart::new("c"),
    ];
    Part::insert_many(parts).execute(&mut shared).unwrap();
    for key in ["acme", "select"] {
        let key = TenantKey::new(key).unwrap();
        db.tenants().create(&key).unwrap();
        let parts = [
            NewOwnPart::new("b"),
            NewOwnPart::new("d").at(NewDepot::new("Thun").point(NewPoint::new(3, 4))),
            NewOwnPart::new("e").at(depot("Bern", None)),
        ];
        let mut scope = db.tenant(&key).unwrap();
        OwnPart::insert_many(parts).execute(&mut scope).unwrap();
    }
    let scope = db.tenant(&TenantKey::new("acme").unwrap()).unwrap();
    (database, db, scope)
}

fn fleet(db: &Database) -> Fleet {
    db.across(&Staff).unwrap()
}

#[test]
fn an_overlay_has_the_struct_of_either_row() {
    let (_database, _, mut acme) = store();
    let list = || Stocked::query().order_by(Stocked::SKU.asc());
    let all = list().all(&mut acme).unwrap();
    let all: Vec<_> = all.iter().map(|row| (&*row.sku, row.at.clone())).collect();
    let expected = [
        ("a", Some(depot("Bern", Some((1, 2))))),
        ("b", None),
        ("c", None),
        ("d", Some(depot("Thun", Some((3, 4))))),
        ("e", Some(depot("Bern", None))),
    ];
    assert_eq!(all, expected);
    let mut asked = |condition| {
        let query = list().filter(condition).select(Stocked::SKU);
        query.all(&mut acme).unwrap().join(" ")
    };
    assert_eq!(asked(Stocked::AT.is_null()), "b c");
    assert_eq!(asked(Stocked::AT.eq(depot("Bern", None))), "e");
    assert_eq!(asked(Stocked::AT_POINT_X.gt(1)), "d");
    let some = [Some(depot("Bern", Some((1, 2)))), None];
    assert_eq!(asked(Stocked::AT.is_in(some)), "a b c");
    let selected = list().select((Stocked::SKU, Stocked::AT));
    let selected = selected.all(&mut acme).unwrap();
    assert_eq!(selected[3].1, expected[3].1);
}

#[test]
fn a_view_has_the_struct_from_columns_of_other_names() {
    let (_database, _, mut acme) = store();
    let list = || Placed::query().order_by(Placed::SKU.asc());
    let all = list().all(&mut acme).unwrap();
    let all: Vec<_> = all.iter().map(|row| row.at.clone()).collect();
    let thun = Some(depot("Thun", Some((3, 4))));
    assert_eq!(all, [None, thun.clone(), Some(depot("Bern", None))]);
    let some = list().filter(Placed::AT.eq(thun.clone()));
    let some = some.select(Placed::AT).all(&mut acme).unwrap();
    assert_eq!(some, [thun]);
}

#[test]
fn many_tenants_are_asked_for_the_struct() {
    let (_database, db, _) = store();
    let rows = OwnPart::query().order_by(OwnPart::SKU.asc());
    let rows = rows.across(&mut fleet(&db)).unwrap();
    let found = rows.rows().iter().filter(|row| row.1.at.is_none());
    assert_eq!((rows.rows().len(), found.count()), (6, 2));
    let wholes = OwnPart::query().filter(OwnPart::AT.is_not_null());
    let wholes = wholes.select((OwnPart::SKU, OwnPart::AT));
    let wholes = wholes.across(&mut fleet(&db)).unwrap();
    let thun = Some(depot("Thun", Some((3, 4))));
    let found = wholes.rows().iter().filter(|row| row.1.1 == thun);
    assert_eq!((wholes.rows().len(), found.count()), (4, 2));
}

#[test]
fn a_roll_up_has_the_struct() {
    let (_database, db, _) = store();
    let depots = OwnPart::query().group_by(OwnPart::AT).select(count());
    let row =
        |tenant: &TenantKey, (at, parts): (Option<Depot>, i64)| NewStock::new(tenant, parts).at(at);
    let stock = Rollup::new(Stock::TENANT, depots, row);
    let done = stock.run(&mut fleet(&db)).unwrap().whole().unwrap();
    assert_eq!(done.rows(), 6);
    let mut shared = db.shared().unwrap();
    let thun = depot("Thun", Some((3, 4)));
    let thun = Stock::query().filter(Stock::AT.eq(thun)).all(&mut shared);
    assert_eq!(thun.unwrap().len(), 2);
    let none = Stock::query().filter(Stock::AT.is_null());
    assert_eq!(none.count(&mut shared).unwrap(), 2);
}

#[test]
fn a_copy_has_the_columns() {
    let (_database, _, mut acme) = store();
    let mut file = Vec::new();
    let rows = OwnPart::query().order_by(OwnPart::SKU.asc());
    let rows = rows.select((OwnPart::SKU, OwnPart::AT));
    rows.copy_out(Csv::new())
        .write_to(&mut acme, &mut file)
        .unwrap();
    assert_eq!(
        String::from_utf8(file).unwrap(),
        "sku,at_city,at_point_x,at_point_y,at_rent,at_country\nb,,,,,\nd,Thun,3,4,,CH\ne,Bern,,,,CH\n"
    );
}
