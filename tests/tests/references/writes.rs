//! Statements that write a reference look for its row.

use tenantry::prelude::*;
use tenantry::query::excluded;
use tenantry::{Error, ErrorKind};

use crate::{Customer, Given, NewCustomer};

/// A plan that there is not.
const NONE: i64 = 99;

/// The error of a constraint, but that it names the field.
fn expect_unmatched(error: &Error, field: &str) {
    assert_eq!(error.kind(), ErrorKind::ForeignKey, "{error}");
    assert_eq!(error.sqlstate(), Some("23503"));
    assert_eq!(
        (error.model(), error.table(), error.column()),
        (Some("Customer"), Some("customers"), Some(field))
    );
    let message = error.to_string();
    assert!(message.contains(&format!("field `{field}`")), "{message}");
    assert!(message.contains("tenant `acme`"), "{message}");
    assert!(!message.contains("99"), "no value: {message}");
    assert_eq!(error.details(), None);
}

fn names(scope: &mut TenantScope) -> Vec<String> {
    let rows = Customer::query().order_by(Customer::NAME.asc()).all(scope);
    let rows = rows.unwrap().into_iter();
    rows.map(|row| row.into_inner().name).collect()
}

#[test]
fn the_tables_have_no_constraint_and_the_index() {
    let given = Given::new();
    let mut client = given.database.connect();
    let sql = "SELECT count(*) FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text LIKE '%customers'";
    let count: i64 = client.query_one(sql, &[]).unwrap().get(0);
    assert_eq!(count, 0);
    let sql = "SELECT count(*) FROM pg_indexes WHERE indexname = 'customers_plan_idx'";
    let count: i64 = client.query_one(sql, &[]).unwrap().get(0);
    assert_eq!(count, 2);
}

#[test]
fn an_insert_looks_for_the_rows() {
    let given = Given::new();
    let mut acme = given.tenant("acme");
    let row = Customer::insert(NewCustomer::new("Ann", 1).next_plan(2))
        .returning(&mut acme)
        .unwrap();
    assert_eq!((row.plan.key(), row.country.key()), (&1, &"de".to_owned()));
    let error = Customer::insert(NewCustomer::new("Bo", NONE)).execute(&mut acme);
    expect_unmatched(&error.unwrap_err(), "plan");
    let error = Customer::insert(NewCustomer::new("Bo", 1).next_plan(NONE)).returning(&mut acme);
    expect_unmatched(&error.unwrap_err(), "next_plan");
    let error = Customer::insert(NewCustomer::new("Bo", 1).country("xx")).execute(&mut acme);
    expect_unmatched(&error.unwrap_err(), "country");
    assert_eq!(names(&mut acme), ["Ann"]);
}

#[test]
fn a_default_is_looked_for_too() {
    let given = Given::new();
    let mut client = given.database.connect();
    client
        .batch_execute("DELETE FROM shared.\"table\" WHERE \"select\" = 'de'")
        .unwrap();
    let mut acme = given.tenant("acme");
    let error = Customer::insert(NewCustomer::new("Ann", 1)).execute(&mut acme);
    expect_unmatched(&error.unwrap_err(), "country");
    let rows = ["Ann", "Bo"].map(|name| NewCustomer::new(name, 1));
    let error = Customer::insert_many(rows).execute(&mut acme);
    expect_unmatched(&error.unwrap_err(), "country");
    let rows = [
        NewCustomer::new("Ann", 1).country("fr"),
        NewCustomer::new("Bo", 1),
    ];
    let error = Customer::insert_many(rows).execute(&mut acme);
    expect_unmatched(&error.unwrap_err(), "country");
    Customer::insert(NewCustomer::new("Ann", 1).country("fr"))
        .execute(&mut acme)
        .unwrap();
}

#[test]
fn many_rows_are_all_looked_for() {
    let given = Given::new();
    let mut acme = given.tenant("acme");
    let plans = [1, 2, 3, 1, 2];
    let rows = |plans: [i64; 5]| {
        let rows = plans.into_iter().enumerate();
        rows.map(|(i, plan)| NewCustomer::new(format!("{i}"), plan).next_plan(plan))
    };
    let inserted = Customer::insert_many(rows(plans)).returning(&mut acme);
    let inserted: Vec<i64> = inserted
        .unwrap()
        .iter()
        .map(|row| *row.plan.key())
        .collect();
    assert_eq!(inserted, plans);
    Customer::delete_where(Customer::everything())
        .execute(&mut acme)
        .unwrap();
    let error = Customer::insert_many(rows([1, 2, NONE, 1, 2])).execute(&mut acme);
    expect_unmatched(&error.unwrap_err(), "plan");
    assert_eq!(names(&mut acme), [""; 0]);
}

#[test]
fn a_save_looks_for_what_has_changed() {
    let given = Given::new();
    let mut acme = given.tenant("acme");
    let mut row = Customer::insert(NewCustomer::new("Ann", 1))
        .returning(&mut acme)
        .unwrap();
    row.plan = Fk::new(2);
    row.save(&mut acme).unwrap();
    row.next_plan = Some(Fk::new(NONE));
    expect_unmatched(&row.save(&mut acme).unwrap_err(), "next_plan");
    row.next_plan = Some(Fk::new(3));
    row.name = "Anna".to_owned();
    row.save(&mut acme).unwrap();
    row.next_plan = None;
    row.save(&mut acme).unwrap();
    row.reload(&mut acme).unwrap();
    assert_eq!((row.plan.key(), row.name.as_str()), (&2, "Anna"));
}

#[test]
fn an_update_by_a_condition_looks_for_values_and_for_what_is_computed() {
    let given = Given::new();
    let mut acme = given.tenant("acme");
    let rows = [1, 2].map(|plan| NewCustomer::new(format!("{plan}"), plan).next_plan(3));
    Customer::insert_many(rows).execute(&mut acme).unwrap();
    let all = || Customer::update_where(Customer::everything());
    let error = all().set(Customer::PLAN, NONE).execute(&mut acme);
    expect_unmatched(&error.unwrap_err(), "plan");
    assert_eq!(all().set(Customer::PLAN, 3).execute(&mut acme).unwrap(), 2);
    let updated = all().set(Customer::NEXT_PLAN, None).returning(&mut acme);
    assert!(updated.unwrap().iter().all(|row| row.next_plan.is_none()));
    let none = Customer::update_where(Customer::NAME.eq("nobody")).set(Customer::PLAN, NONE);
    assert_eq!(none.execute(&mut acme).unwrap(), 0, "nothing is written");
}

#[test]
fn an_upsert_looks_for_the_new_row_and_for_what_it_sets() {
    let given = Given::new();
    let mut acme = given.tenant("acme");
    let upsert = |plan: i64| {
        let insert = Customer::insert(NewCustomer::new("Ann", plan));
        insert.on_conflict(Customer::NAME).update(Customer::PLAN)
    };
    upsert(1).execute(&mut acme).unwrap();
    upsert(2).execute(&mut acme).unwrap();
    expect_unmatched(&upsert(NONE).execute(&mut acme).unwrap_err(), "plan");
    let set = || {
        let insert = Customer::insert(NewCustomer::new("Ann", 1));
        insert.on_conflict(Customer::NAME)
    };
    let error = set().set(Customer::PLAN, NONE).execute(&mut acme);
    expect_unmatched(&error.unwrap_err(), "plan");
    set()
        .set(Customer::PLAN, excluded(Customer::PLAN))
        .execute(&mut acme)
        .unwrap();
    let row = Customer::query().one(&mut acme).unwrap();
    assert_eq!(row.plan.key(), &1);
}

#[test]
fn a_refused_reference_fails_its_transaction_as_a_constraint_does() {
    let given = Given::new();
    let mut acme = given.tenant("acme");
    let swallowed = acme.transaction(|acme| {
        Customer::insert(NewCustomer::new("Ann", 1)).execute(acme)?;
        let refused = Customer::insert(NewCustomer::new("Bo", NONE)).execute(acme);
        assert!(refused.unwrap_err().is_foreign_key());
        Ok(())
    });
    assert_eq!(swallowed.unwrap_err().kind(), ErrorKind::Aborted);
    assert_eq!(names(&mut acme), [""; 0]);
}

#[test]
fn references_of_other_places_are_refused_as_ever() {
    let given = Given::new();
    let other = Given::new();
    let plan = crate::Plan::query()
        .filter(crate::Plan::ID.eq(1))
        .one(&mut other.shared())
        .unwrap();
    let error = Customer::insert(NewCustomer::new("Ann", &plan)).execute(&mut given.tenant("acme"));
    assert!(error.unwrap_err().is_foreign_row());
}
