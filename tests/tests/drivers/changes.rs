//! Statements that write.

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry::query::Upserted;
use tenantry_tests::shop::{Customer, Invoice, NewCustomer, Payment, Plan};

use super::{TenantScope, World, now};
use crate::{names, new_customer, new_invoice};

fn pro(scope: &mut TenantScope) -> Stored<Plan> {
    now(Plan::query().filter(Plan::CODE.eq("pro")).one(scope)).unwrap()
}

#[test]
fn a_row_is_made_changed_and_gone() {
    let world = World::new();
    let mut acme = world.tenant("acme");
    let pro = pro(&mut acme);
    let mut ann = now(Customer::insert(new_customer("Ann", &pro)).returning(&mut acme)).unwrap();
    assert_eq!((ann.payment, ann.note.as_deref()), (Payment::Card, None));
    let made = ann.updated_at;
    // Without a change nothing is sent.
    now(ann.save(&mut acme)).unwrap();
    assert_eq!(ann.updated_at, made);
    ann.note = Some("it's \"quoted\" \\ $1 ü 😀".to_owned());
    ann.payment = Payment::BankTransfer;
    now(ann.save(&mut acme)).unwrap();
    assert!(ann.updated_at > made);
    let mut again = now(Customer::find(ann.id).one(&mut acme)).unwrap();
    assert_eq!(again, ann);
    ann.note = None;
    now(ann.save(&mut acme)).unwrap();
    now(again.reload(&mut acme)).unwrap();
    assert_eq!(again.note, None);
    now(again.delete(&mut acme)).unwrap();
    assert_eq!(
        now(ann.reload(&mut acme)).unwrap_err().kind(),
        ErrorKind::Stale
    );
    assert_eq!(
        now(ann.delete(&mut acme)).unwrap_err().kind(),
        ErrorKind::Stale
    );
}

#[test]
fn of_two_that_change_a_version_one_is_refused() {
    let world = World::new();
    let mut acme = world.tenant("acme");
    let pro = pro(&mut acme);
    let ann = now(Customer::insert(new_customer("Ann", &pro)).returning(&mut acme)).unwrap();
    let new = new_invoice(&ann, 1, "2026-01-31");
    let mut one = now(Invoice::insert(new).returning(&mut acme)).unwrap();
    let mut other = now(Invoice::find(one.id).one(&mut acme)).unwrap();
    one.paid = true;
    now(one.save(&mut acme)).unwrap();
    other.cancelled = true;
    let stale = now(other.save(&mut acme)).unwrap_err();
    assert_eq!(stale.kind(), ErrorKind::Stale);
    now(other.reload(&mut acme)).unwrap();
    assert!(other.paid && !other.cancelled && other.version == one.version);
    now(other.delete(&mut acme)).unwrap();
}

#[test]
fn many_rows_come_back_in_order_or_none_is_there() {
    let world = World::new();
    let mut acme = world.tenant("acme");
    let key = pro(&mut acme).key();
    let numbered =
        |to: usize| (0..to).map(move |n| NewCustomer::new(format!("{n}"), format!("{n}@x"), key));
    assert!(
        now(Customer::insert_many(numbered(0)).returning(&mut acme))
            .unwrap()
            .is_empty()
    );
    let rows = now(Customer::insert_many(numbered(2_500)).returning(&mut acme)).unwrap();
    assert_eq!(rows.len(), 2_500);
    assert!((0..).zip(&rows).all(|(n, row)| row.name == format!("{n}")));
    let twice = numbered(2_501).skip(2_499);
    let error = now(Customer::insert_many(twice).execute(&mut acme)).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unique);
    assert_eq!(now(Customer::query().count(&mut acme)).unwrap(), 2_500);
}

#[test]
fn rows_are_changed_and_deleted_by_a_condition() {
    let world = World::new();
    let mut acme = world.tenant("acme");
    let pro = pro(&mut acme);
    let new = ["Ann", "Bob", "Cem"].map(|name| new_customer(name, &pro));
    now(Customer::insert_many(new).execute(&mut acme)).unwrap();
    let some = Customer::update_where(Customer::NAME.lt("Cem"))
        .set(Customer::NOTE, "changed")
        .set(Customer::NAME, Customer::NAME.concat("?"));
    let mut changed = now(some.returning(&mut acme)).unwrap();
    changed.sort_by(|one, other| one.name.cmp(&other.name));
    assert_eq!(names(&changed), ["Ann?", "Bob?"]);
    let all = Customer::update_where(Customer::everything()).set(Customer::PAYMENT, Payment::Card);
    assert_eq!(now(all.execute(&mut acme)).unwrap(), 3);
    let gone = Customer::delete_where(Customer::NOTE.is_null());
    assert_eq!(names(&now(gone.returning(&mut acme)).unwrap()), ["Cem"]);
    let gone = Customer::delete_where(Customer::everything());
    assert_eq!(now(gone.execute(&mut acme)).unwrap(), 2);
}

#[test]
fn a_row_that_meets_another_is_new_or_changes_it_or_is_left() {
    let world = World::new();
    let mut acme = world.tenant("acme");
    let pro = pro(&mut acme);
    let new = |name: &str| NewCustomer::new(name, "ann@x.example", &pro);
    let upsert = |name: &str| {
        Customer::insert(new(name))
            .on_conflict(Customer::EMAIL)
            .update(Customer::NAME)
    };
    let first = now(upsert("Ann").outcome(&mut acme)).unwrap();
    assert!(first.is_new());
    let Upserted::Updated(again) = now(upsert("Anna").outcome(&mut acme)).unwrap() else {
        panic!("it was there");
    };
    assert_eq!(again.id, first.into_row().id);
    assert_eq!(again.name, "Anna");
    let nothing = Customer::insert(new("Other")).on_conflict(Customer::EMAIL);
    assert!(!now(nothing.do_nothing().execute(&mut acme)).unwrap());
    let names = Customer::query().select(Customer::NAME);
    assert_eq!(now(names.all(&mut acme)).unwrap(), ["Anna"]);
}
