//! Embedded structs as a whole in queries and updates.

use tenantry::prelude::*;
use tenantry::query::{Stored, count};

use crate::nested::{Customer, NewCustomer, address, bern, shop};
use crate::nested_parts::geo::Place;
use crate::nested_parts::{Address, NewAddress};

#[derive(Row, Debug, PartialEq)]
struct Sent {
    name: String,
    billing: Option<Address>,
    home: Address,
}

#[derive(Row, Debug, PartialEq)]
struct ByHand {
    name: String,
    #[row(column = "b")]
    billing: Option<Place>,
}

fn filled() -> (tenantry::testing::TestDb, TenantScope) {
    let (database, _, mut acme) = shop();
    let home = || NewAddress::new("Kramgasse", "Bern");
    let rows = [
        NewCustomer::new("Ann", home()).billing(address("Thun")),
        NewCustomer::new("Bob", address("Zug")),
        NewCustomer::new("Cid", home()).billing(Address {
            floor: None,
            ..address("Thun")
        }),
    ];
    Customer::insert_many(rows).execute(&mut acme).unwrap();
    (database, acme)
}

fn names(acme: &mut TenantScope, condition: tenantry::query::Expr<Customer, bool>) -> Vec<String> {
    let query = Customer::query().filter(condition);
    let query = query.order_by(Customer::NAME.asc());
    query.select(Customer::NAME).all(acme).unwrap()
}

#[test]
fn a_struct_is_selected_as_a_whole() {
    let (_database, mut acme) = filled();
    let query = || Customer::query().order_by(Customer::NAME.asc());
    let all: Vec<Option<Address>> = query().select(Customer::BILLING).all(&mut acme).unwrap();
    assert_eq!(all[0], Some(address("Thun")));
    assert_eq!((&all[1], all[2].as_ref().unwrap().floor), (&None, None));
    let pairs = query().select((
        Customer::NAME,
        Customer::HOME,
        Customer::BILLING,
        Customer::ID,
    ));
    let (name, home, billing, id) = pairs.first(&mut acme).unwrap().unwrap();
    assert_eq!(
        (&*name, &*home.city, billing, id),
        ("Ann", "Bern", Some(address("Thun")), 1)
    );
    let sent = SelectSent {
        name: Customer::NAME,
        billing: Customer::BILLING,
        home: Customer::HOME,
    };
    let bob = query().filter(Customer::NAME.eq("Bob")).select(sent);
    let expected = Sent {
        name: "Bob".to_owned(),
        billing: None,
        home: address("Zug"),
    };
    assert_eq!(bob.one(&mut acme).unwrap(), expected);
    let groups = Customer::query().group_by(Customer::HOME).select(count());
    let mut groups = groups.all(&mut acme).unwrap();
    groups.sort_by_key(|(_, count)| *count);
    assert_eq!(
        (groups[0].0.clone(), groups[0].1, groups[1].1),
        (address("Zug"), 1, 2)
    );
    let distinct = Customer::query().select(Customer::BILLING).distinct();
    assert_eq!(distinct.all(&mut acme).unwrap().len(), 3);
}

#[test]
fn a_statement_by_hand_gives_the_columns_by_their_names() {
    let (_database, mut acme) = filled();
    let sql = tenantry::sql!(
        "SELECT {Customer.home_place_note} AS b_note, {Customer.home_place_longitude} AS b_longitude, {Customer.name}, \
         {Customer.home_place_latitude} AS b_latitude FROM {Customer} ORDER BY {Customer.name}"
    );
    let rows: Vec<ByHand> = acme.sql(sql).rows().unwrap();
    let places: Vec<_> = rows.into_iter().map(|row| row.billing).collect();
    assert_eq!(places, [None, Some(bern()), None]);
    let sql = tenantry::sql!("SELECT * FROM {Customer} WHERE {Customer.name} = $1");
    let rows: Vec<Stored<Customer>> = acme.sql(sql).bind("Ann").rows().unwrap();
    assert_eq!(rows[0].billing, Some(address("Thun")));
    assert_eq!(rows[0].contact, None);
}

#[test]
fn conditions_ask_of_the_whole_and_of_columns() {
    let (_database, mut acme) = filled();
    let mut asked = |condition| names(&mut acme, condition);
    assert_eq!(asked(Customer::BILLING.is_null()), ["Bob"]);
    assert_eq!(asked(Customer::BILLING.is_not_null()), ["Ann", "Cid"]);
    assert_eq!(asked(Customer::BILLING.eq(address("Thun"))), ["Ann"]);
    assert_eq!(asked(Customer::BILLING.ne(address("Thun"))), ["Bob", "Cid"]);
    assert_eq!(asked(Customer::BILLING.eq(None)), ["Bob"]);
    assert_eq!(asked(Customer::BILLING.ne(None)), ["Ann", "Cid"]);
    assert_eq!(asked(Customer::HOME.eq(address("Zug"))), ["Bob"]);
    let without = Address {
        floor: None,
        ..address("Thun")
    };
    assert_eq!(asked(Customer::BILLING.eq(without)), ["Cid"]);
    assert_eq!(asked(Customer::BILLING_CITY.is_null()), ["Bob"]);
    assert_eq!(
        asked(Customer::BILLING_CITY.eq("Thun") & Customer::BILLING_FLOOR.gt(1)),
        ["Ann"]
    );
    assert_eq!(
        asked(!Customer::BILLING.is_null() & Customer::NAME.ne("Cid")),
        ["Ann"]
    );
}

#[test]
fn an_update_sets_the_whole() {
    let (_database, mut acme) = filled();
    let everybody = || Customer::update_where(Customer::ID.gt(0));
    let bob = Customer::update_where(Customer::NAME.eq("Bob"));
    let bob = bob
        .set(Customer::BILLING, address("Uri"))
        .set(Customer::NAME, "Rob");
    let bob = bob.returning(&mut acme).unwrap().remove(0);
    assert_eq!((&*bob.name, &bob.billing), ("Rob", &Some(address("Uri"))));
    everybody()
        .set(Customer::BILLING, None)
        .set(Customer::HOME, address("Chur"))
        .execute(&mut acme)
        .unwrap();
    assert_eq!(
        names(
            &mut acme,
            Customer::BILLING.is_null() & Customer::HOME.eq(address("Chur"))
        )
        .len(),
        3
    );
    let twice = everybody()
        .set(Customer::BILLING, address("Uri"))
        .set(Customer::BILLING_CITY, "Zug");
    let error = twice.execute(&mut acme).unwrap_err();
    assert!(
        error
            .to_string()
            .contains("`billing_city` is given two values"),
        "{error}"
    );
    let long = everybody().set(Customer::BILLING, address(&"x".repeat(31)));
    let error = long.execute(&mut acme).unwrap_err();
    assert!(error.to_string().contains("`billing_city`"), "{error}");
}
