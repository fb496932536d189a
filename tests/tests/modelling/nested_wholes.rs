//! Embedded structs as a whole wherever a statement takes columns.

use tenantry::model::{SharedSchema, TenantSchema, Writable};
use tenantry::prelude::*;
use tenantry::query::{Assigns, Expr};
use tenantry::testing::TestDb;
use tenantry::{Error, ErrorKind};
use tenantry_tests::chain_of;

use crate::nested::{Customer, NewCustomer, address, bern, shop};
use crate::nested_parts::{Address, NewAddress};

/// A place, of which there is one at most in a street.
#[derive(Embedded, Debug, Clone, PartialEq)]
struct Spot {
    street: String,
    number: i32,
    #[field(max_length = 5)]
    side: String,
    #[field(generated = "street || ' ' || number")]
    shown: String,
}

#[tenant_model(unique(at_street, at_number, at_side))]
#[derive(Debug)]
struct Stall {
    #[field(key)]
    id: i64,
    #[field(embed)]
    at: Spot,
    #[field(embed)]
    was: Spot,
    owner: String,
}

fn market() -> (TestDb, TenantScope) {
    let database = TestDb::new();
    let db = Database::connect(database.url()).unwrap();
    db.migrator(chain_of(&[Stall::DEF])).run().unwrap();
    let key = TenantKey::new("acme").unwrap();
    db.tenants().create(&key).unwrap();
    let scope = db.tenant(&key).unwrap();
    (database, scope)
}

fn spot(number: i32, side: &str) -> Spot {
    Spot {
        street: "Marktgasse".to_owned(),
        number,
        side: side.to_owned(),
        shown: String::new(),
    }
}

fn customers() -> (TestDb, TenantScope) {
    let (database, _, mut acme) = shop();
    let rows = [
        NewCustomer::new("Ann", address("Bern")).billing(address("Thun")),
        NewCustomer::new("Bob", address("Zug")),
        NewCustomer::new("Cid", address("Bern")).billing(NewAddress::new("Kramgasse", "Thun")),
    ];
    Customer::insert_many(rows).execute(&mut acme).unwrap();
    (database, acme)
}

fn billing(acme: &mut TenantScope) -> Vec<Option<String>> {
    let query = Customer::query().order_by(Customer::NAME.asc());
    let found = query.select(Customer::BILLING).all(acme).unwrap();
    found.into_iter().map(|it| Some(it?.city)).collect()
}

#[test]
fn many_rows_get_structs_of_their_own() {
    let (_database, mut acme) = customers();
    let keys = Customer::query().order_by(Customer::NAME.asc());
    let keys = keys.select(Customer::ID).all(&mut acme).unwrap();
    let structs = [None, Some(address("Uri")), Some(address("Zug"))];
    let rows = keys.iter().copied().zip(structs);
    let done = Customer::update_many(Customer::BILLING, rows);
    assert_eq!(done.execute(&mut acme).unwrap(), 3);
    let city = |name: &str| Some(name.to_owned());
    assert_eq!(billing(&mut acme), [None, city("Uri"), city("Zug")]);
    let rows = keys.iter().map(|key| {
        let name = format!("Customer {key}");
        (*key, (name, address("Chur"), None::<Address>))
    });
    let columns = (Customer::NAME, Customer::HOME, Customer::BILLING);
    let stored = Customer::update_many(columns, rows);
    let stored = stored.returning(&mut acme).unwrap();
    assert!(stored.iter().all(|row| row.home == address("Chur")));
    assert_eq!(billing(&mut acme), [None, None, None]);
    let long = [(keys[0], address(&"x".repeat(31)))];
    let error = Customer::update_many(Customer::HOME, long).execute(&mut acme);
    let error = error.unwrap_err().to_string();
    assert!(
        error.contains("row 1") && error.contains("`home_city`"),
        "{error}"
    );
    let twice = [(keys[0], (address("Bern"), "Zug"))];
    let twice = Customer::update_many((Customer::HOME, Customer::HOME_CITY), twice);
    let error = twice.execute(&mut acme).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
}

#[test]
fn a_whole_is_one_of_several_or_none() {
    let (_database, mut acme) = customers();
    let mut asked = |condition| {
        let query = Customer::query().filter(condition);
        let query = query.order_by(Customer::NAME.asc());
        query.select(Customer::NAME).all(&mut acme).unwrap()
    };
    let of = Customer::BILLING;
    assert_eq!(asked(of.is_in([address("Thun"), address("Uri")])), ["Ann"]);
    assert_eq!(
        asked(of.is_in([None, Some(address("Thun"))])),
        ["Ann", "Bob"]
    );
    assert_eq!(asked(of.is_not_in([address("Thun")])), ["Bob", "Cid"]);
    assert_eq!(asked(of.is_not_in([None, Some(address("Thun"))])), ["Cid"]);
    assert!(asked(of.is_in(Vec::<Address>::new())).is_empty());
    assert_eq!(asked(of.is_not_in(Vec::<Address>::new())).len(), 3);
    // As of a column: what is null is neither equal to a value nor different.
    assert_eq!(asked(!of.is_in([address("Thun")])), ["Cid"]);
    let in_bern = Customer::HOME.is_in([address("Bern")]);
    assert_eq!(asked(in_bern & of.is_not_null()), ["Ann", "Cid"]);
}

#[test]
fn a_whole_is_given_another_of_the_row() {
    let (_database, mut acme) = customers();
    let all = Customer::update_where(Customer::ID.gt(0));
    let all = all.set(Customer::BILLING, Customer::HOME);
    assert_eq!(all.execute(&mut acme).unwrap(), 3);
    let rows = Customer::query().all(&mut acme).unwrap();
    assert!(
        rows.iter()
            .all(|row| row.billing.as_ref() == Some(&row.home))
    );
}

/// Code of an application for all of its models and columns.
fn give<M, C, V, By>(
    acme: &mut TenantScope,
    rows: Expr<M, bool>,
    column: C,
    value: V,
) -> Result<u64, Error>
where
    M: Model<Placement = TenantSchema> + Writable,
    C: Assigns<M, V, By, Reach = SharedSchema>,
{
    M::update_where(rows).set(column, value).execute(acme)
}

#[test]
fn generic_code_sets_columns_and_wholes() {
    let (_database, mut acme) = customers();
    let all = || Customer::ID.gt(0);
    assert_eq!(give(&mut acme, all(), Customer::BILLING, None).unwrap(), 3);
    assert_eq!(
        give(&mut acme, all(), Customer::HOME, address("Zug")).unwrap(),
        3
    );
    assert_eq!(give(&mut acme, all(), Customer::HOME_FLOOR, 7).unwrap(), 3);
    let row = Customer::query().first(&mut acme).unwrap().unwrap();
    assert_eq!((row.home.floor, &row.billing), (Some(7), &None));
    assert_eq!(row.home.place, Some(bern()));
}

#[test]
fn a_conflict_is_one_of_a_whole() {
    let (_database, mut acme) = market();
    let new = |number, side, owner: &str| NewStall::new(spot(number, side), spot(0, ""), owner);
    for (owner, side) in [("Ann", ""), ("Bob", ""), ("Cid", "left")] {
        let stall = Stall::insert(new(1, side, owner)).on_conflict(Stall::AT);
        stall.update(Stall::OWNER).execute(&mut acme).unwrap();
    }
    let rows = [new(1, "", "Dan"), new(2, "", "Eve")];
    let many = Stall::insert_many(rows).on_conflict(Stall::AT);
    many.update((Stall::OWNER, Stall::WAS))
        .execute(&mut acme)
        .unwrap();
    let owners = Stall::query().order_by(Stall::OWNER.asc());
    let owners = owners
        .select((Stall::OWNER, Stall::AT_SHOWN))
        .all(&mut acme);
    let owners = owners.unwrap();
    let owners: Vec<_> = owners
        .iter()
        .map(|(owner, at)| format!("{owner} {at}"))
        .collect();
    assert_eq!(
        owners,
        ["Cid Marktgasse 1", "Dan Marktgasse 1", "Eve Marktgasse 2"]
    );
    // What the database computes is given by none, and compared by none.
    Stall::update_where(Stall::AT.eq(spot(2, "")))
        .set(Stall::WAS, Stall::AT)
        .set(Stall::AT, spot(3, ""))
        .execute(&mut acme)
        .unwrap();
    let eve = Stall::query()
        .filter(Stall::OWNER.eq("Eve"))
        .one(&mut acme)
        .unwrap();
    assert_eq!(
        (&*eve.at.shown, &*eve.was.shown),
        ("Marktgasse 3", "Marktgasse 2")
    );
    let rows = Stall::update_many(Stall::AT, [(&eve, spot(4, "right"))]);
    let eve = rows.returning(&mut acme).unwrap().remove(0);
    assert_eq!(&*eve.at.shown, "Marktgasse 4");
}
