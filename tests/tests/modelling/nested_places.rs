//! References within embedded structs: a tenant's are refused in another, however they are given.

use tenantry::prelude::*;
use tenantry::{Error, ErrorKind};

use crate::nested::{Customer, NewCustomer, NewRegion, Region, address, shop};
use crate::nested_parts::Address;

#[derive(Row, Debug)]
struct Sent {
    billing: Option<Address>,
}

#[track_caller]
fn is_refused<T: std::fmt::Debug>(outcome: Result<T, Error>) {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignRow, "{error}");
}

/// Tries to have a tenant meet what is another's.
fn tried(globex: &mut TenantScope, foreign: &Address) {
    let foreign = || foreign.clone();
    let new = |name: &str| NewCustomer::new(name, address("Chur"));
    is_refused(Customer::insert(new("Bob").billing(foreign())).returning(globex));
    is_refused(Customer::insert(NewCustomer::new("Bob", foreign())).execute(globex));
    is_refused(Customer::insert_many([new("Bob").billing(foreign())]).execute(globex));
    is_refused(Customer::copy_in([new("Bob").billing(foreign())]).execute(globex));
    let named = new!(Customer {
        name: "Bob",
        home: address("Chur"),
        billing: foreign(),
    });
    is_refused(Customer::insert(named).execute(globex));
    let update = || Customer::update_where(Customer::NAME.eq("Cid"));
    is_refused(update().set(Customer::BILLING, foreign()).execute(globex));
    is_refused(update().set(Customer::HOME, foreign()).execute(globex));
    let upsert = Customer::insert(new("Cid")).on_conflict(Customer::NAME);
    is_refused(upsert.set(Customer::BILLING, foreign()).returning(globex));
    let asked = Customer::query().filter(Customer::BILLING.eq(foreign()));
    is_refused(asked.count(globex));
    let asked = Customer::query().filter(Customer::HOME.ne(foreign()));
    is_refused(asked.all(globex));
    let mut cid = Customer::query().one(globex).unwrap();
    cid.billing = Some(foreign());
    is_refused(cid.save(globex));
    is_refused(Customer::save_all(&mut [cid], globex));
}

#[test]
fn a_reference_in_a_struct_is_refused_in_another_tenant() {
    let (_database, db, mut acme) = shop();
    let key = TenantKey::new("globex").unwrap();
    db.tenants().create(&key).unwrap();
    let mut globex = db.tenant(&key).unwrap();
    // The number is one that there is in both.
    let region = NewRegion::new("Engadin");
    Region::insert(region).execute(&mut globex).unwrap();
    Customer::insert(NewCustomer::new("Cid", address("Zug")))
        .execute(&mut globex)
        .unwrap();

    let region = Region::query().one(&mut acme).unwrap();
    let theirs = Address {
        region: Some(region.key()),
        ..address("Bern")
    };
    let ann = NewCustomer::new("Ann", address("Thun")).billing(theirs.clone());
    let ann = Customer::insert(ann).returning(&mut acme).unwrap();
    tried(&mut globex, &theirs);
    tried(&mut globex, ann.billing.as_ref().unwrap());
    let selected = Customer::query().select(Customer::BILLING).one(&mut acme);
    tried(&mut globex, &selected.unwrap().unwrap());
    let named = SelectSent {
        billing: Customer::BILLING,
    };
    let sent = Customer::query().select(named).one(&mut acme).unwrap();
    tried(&mut globex, &sent.billing.unwrap());
    let cid = Customer::query().one(&mut globex).unwrap();
    assert_eq!((&*cid.name, &cid.billing), ("Cid", &None));
}
