//! The delete of a shared row does to tenants' rows what their fields declare.

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry_tests::fleet::key;

use crate::{
    Country, Customer, Family, Feature, Given, NewCustomer, NewFamily, NewFeature, NewPlan,
    NewSeat, Plan, Seat, schema_of,
};

fn customer(scope: &mut TenantScope, new: NewCustomer) -> Stored<Customer> {
    Customer::insert(new).returning(scope).unwrap()
}

#[test]
fn it_is_refused_with_the_tenants_whose_rows_reference_it() {
    let given = Given::new();
    for name in ["acme", "select"] {
        customer(&mut given.tenant(name), NewCustomer::new("Ann", 2));
    }
    given.db.tenants().suspend(key("select")).unwrap();
    let refused = [
        given.plan(2).delete(&mut given.shared()).unwrap_err(),
        Plan::delete_where(Plan::everything())
            .execute(&mut given.shared())
            .unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error.kind(), ErrorKind::ForeignKey);
        assert_eq!(error.model(), Some("Plan"));
        let told = error.to_string();
        let tenants = "`Customer.plan` in `acme`, `select` (suspended)";
        assert!(
            told.contains(tenants) && told.contains("\nhelp: "),
            "{told}"
        );
    }
    assert_eq!(given.plans(), [1, 2, 3]);
    let deleted = Plan::delete_where(Plan::ID.ne(2)).returning(&mut given.shared());
    let deleted: Vec<String> = deleted
        .unwrap()
        .iter()
        .map(|row| row.code.clone())
        .collect();
    assert_eq!(deleted, ["plan 1", "plan 3"]);
    assert_eq!(given.plans(), [2]);
}

#[test]
fn columns_are_set_and_rows_deleted_in_all_tenants() {
    let given = Given::new();
    for name in ["acme", "select"] {
        let mut tenant = given.tenant(name);
        let new = NewCustomer::new("Ann", 1).next_plan(2).country("fr");
        customer(&mut tenant, new);
        for plan in [2, 3] {
            let feature = Feature::insert(NewFeature::new(plan)).returning(&mut tenant);
            Seat::insert(NewSeat::new(&feature.unwrap()))
                .execute(&mut tenant)
                .unwrap();
        }
    }
    given.db.tenants().suspend(key("select")).unwrap();
    given.plan(2).delete(&mut given.shared()).unwrap();
    let fr = Country::delete_where(Country::CODE.eq("fr"));
    assert_eq!(fr.execute(&mut given.shared()).unwrap(), 1);
    given.db.tenants().resume(key("select")).unwrap();
    for name in ["acme", "select"] {
        let mut tenant = given.tenant(name);
        let row = Customer::query().one(&mut tenant).unwrap();
        assert!(row.next_plan.is_none());
        assert_eq!(row.country.key(), "de");
        let feature = Feature::query().one(&mut tenant).unwrap();
        assert_eq!(feature.plan.key(), &3);
        assert_eq!(Seat::query().count(&mut tenant).unwrap(), 1);
    }
    assert_eq!(given.plans(), [1, 3]);
}

#[test]
fn a_default_that_goes_too_is_refused_and_nothing_is_changed() {
    let given = Given::new();
    let mut acme = given.tenant("acme");
    customer(&mut acme, NewCustomer::new("Ann", 1).country("fr"));
    let error = Country::delete_where(Country::everything()).execute(&mut given.shared());
    let error = error.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignKey, "{error}");
    assert_eq!(error.tenant().map(TenantKey::as_str), Some("acme"));
    let row = Customer::query().one(&mut acme).unwrap();
    assert_eq!(row.country.key(), "fr");
    assert_eq!(Country::query().count(&mut given.shared()).unwrap(), 2);
}

#[test]
fn it_belongs_to_the_transaction_that_it_is_in() {
    let given = Given::new();
    let mut acme = given.tenant("acme");
    customer(&mut acme, NewCustomer::new("Ann", 1).next_plan(2));
    let undone: tenantry::Result<()> = given.shared().transaction(|shared| {
        given.plan(2).delete(shared)?;
        let refused = given.plan(1).delete(shared).unwrap_err();
        assert!(refused.is_foreign_key());
        assert_eq!(Plan::query().count(shared)?, 2, "it goes on");
        Err(refused)
    });
    undone.unwrap_err();
    assert_eq!(given.plans(), [1, 2, 3]);
    let row = Customer::query().one(&mut acme).unwrap();
    assert_eq!(row.next_plan.as_ref().map(Fk::key), Some(&2));
}

#[test]
fn a_row_of_another_version_is_stale_before_anything_is_done() {
    let given = Given::new();
    let mut acme = given.tenant("acme");
    customer(&mut acme, NewCustomer::new("Ann", 1).next_plan(2));
    let old = given.plan(2);
    let mut new = given.plan(2);
    new.code = "changed".to_owned();
    new.save(&mut given.shared()).unwrap();
    assert!(old.delete(&mut given.shared()).unwrap_err().is_stale());
    let row = Customer::query().one(&mut acme).unwrap();
    assert!(row.next_plan.is_some());
    new.delete(&mut given.shared()).unwrap();
}

#[test]
fn another_key_is_refused_while_tenants_reference_the_row() {
    let given = Given::new();
    let mut acme = given.tenant("acme");
    // Whatever the field declares about a delete.
    customer(&mut acme, NewCustomer::new("Ann", 1).next_plan(2));
    let rekey = |from: i64| {
        let update = Plan::update_where(Plan::ID.eq(from)).set(Plan::ID, from + 10);
        update.execute(&mut given.shared())
    };
    let error = rekey(2).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignKey);
    assert!(error.to_string().contains("`Customer.next_plan` in `acme`"));
    assert_eq!(rekey(3).unwrap(), 1);
    assert_eq!(given.plans(), [1, 2, 13]);
    let upsert = Plan::insert(NewPlan::new("plan 1").id(30)).on_conflict(Plan::CODE);
    let error = upsert.update(Plan::ID).execute(&mut given.shared());
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Configuration);
}

#[test]
fn rows_that_the_database_would_delete_have_to_be_deleted_first() {
    let given = Given::new();
    let mut shared = given.shared();
    for name in ["a", "b"] {
        Family::insert(NewFamily::new(name))
            .execute(&mut shared)
            .unwrap();
    }
    let all = Plan::update_where(Plan::ID.eq(1)).set(Plan::FAMILY, Fk::new("a".to_owned()));
    all.execute(&mut shared).unwrap();
    customer(&mut given.tenant("acme"), NewCustomer::new("Ann", 1));
    let families = |name: &str| Family::delete_where(Family::NAME.eq(name));
    let error = families("a").execute(&mut shared).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignKey);
    assert!(
        error
            .to_string()
            .contains("delete the rows of `Plan` first")
    );
    families("b").execute(&mut shared).unwrap();
    assert_eq!(given.plans(), [1, 2, 3]);
}

#[test]
fn tenants_that_are_dropped_or_behind_are_no_obstacle() {
    let given = Given::new();
    customer(&mut given.tenant("acme"), NewCustomer::new("Ann", 2));
    let mut client = given.database.connect();
    let schema = schema_of(&mut client, "select");
    client
        .batch_execute(&format!(
            "ALTER TABLE \"{schema}\".features DROP COLUMN plan CASCADE"
        ))
        .unwrap();
    given.db.tenants().drop(key("acme")).unwrap();
    given.plan(2).delete(&mut given.shared()).unwrap();
}
