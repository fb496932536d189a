//! Refusals, here and by the server: the same error, which names the place and no value.

use tenantry::prelude::*;
use tenantry::{Error, ErrorKind};
use tenantry_tests::shop::{Customer, CustomerId, Invoice, NewCustomer, NewPlan, Plan};

use super::{TenantScope, World, now};
use crate::{new_customer, new_invoice};

const SECRET: &str = "a value of a customer";

fn refused<T>(outcome: Result<T, Error>, kind: ErrorKind, named: &[&str]) {
    let error = outcome.map(drop).unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    let text = error.to_string();
    assert!(!text.contains(SECRET), "{text}");
    for name in named {
        assert!(text.contains(name), "{name} is not in: {text}");
    }
}

fn pro(scope: &mut TenantScope) -> Stored<Plan> {
    now(Plan::query().filter(Plan::CODE.eq("pro")).one(scope)).unwrap()
}

#[test]
fn rules_of_tables() {
    let world = World::new();
    let mut acme = world.tenant("acme");
    let pro = pro(&mut acme);
    let add = |name: &str, email: &str| Customer::insert(NewCustomer::new(name, email, &pro));
    now(add("Ann", SECRET).execute(&mut acme)).unwrap();
    let twice = now(add("Bob", SECRET).returning(&mut acme));
    refused(twice, ErrorKind::Unique, &["acme", "Customer", "insert"]);
    let blank = now(add(" ", "b@x").execute(&mut acme));
    refused(
        blank,
        ErrorKind::Check,
        &["acme", "customers_name_not_blank"],
    );
    let nobody = NewCustomer::new(SECRET, "c@x", Fk::<Plan>::new(1_000));
    let nobody = now(Customer::insert(nobody).execute(&mut acme));
    refused(nobody, ErrorKind::ForeignKey, &["acme", "Customer"]);
    let null = sql!("INSERT INTO {Customer} ({Customer.name}) VALUES ($1)");
    let null = now(acme.sql(null).bind(SECRET).execute());
    refused(null, ErrorKind::NotNull, &["acme"]);
    let ann = Customer::query().filter(Customer::NAME.eq("Ann"));
    let ann = now(ann.one(&mut acme)).unwrap();
    let negative = NewPlan::new("negative", Decimal::from(-1));
    let negative = now(Plan::insert(negative).execute(&mut acme.shared_mut()));
    refused(negative, ErrorKind::Check, &["Plan"]);
    let plan = now(pro.delete(&mut acme.shared_mut()));
    refused(plan, ErrorKind::ForeignKey, &["Plan", "delete"]);
    // After all this the scope is as good as before.
    assert_eq!(now(Customer::find(ann.id).one(&mut acme)).unwrap(), ann);
}

#[test]
fn values_that_do_not_fit() {
    let world = World::new();
    let mut acme = world.tenant("acme");
    let pro = pro(&mut acme);
    let nul = NewCustomer::new(format!("{SECRET}\0"), "a@x", &pro);
    let nul = now(Customer::insert(nul).execute(&mut acme));
    refused(nul, ErrorKind::Value, &["`name`", "NUL"]);
    let long = NewPlan::new(SECRET.repeat(2), Decimal::ONE);
    let long = now(Plan::insert(long).execute(&mut acme.shared_mut()));
    refused(long, ErrorKind::Value, &["`code`", "40"]);
    let text = sql!("SELECT 'a value of a customer'::text");
    let decoded = now(acme.sql(text).row::<i64>());
    refused(decoded, ErrorKind::Decode, &["String"]);
    let cast = sql!("SELECT $1::text::int");
    let cast = now(acme.sql(cast).bind(SECRET).row::<i32>());
    refused(cast, ErrorKind::Database, &["acme"]);
}

#[test]
fn rows_of_another_tenant() {
    let world = World::new();
    let (mut acme, mut globex) = (world.tenant("acme"), world.tenant("globex"));
    let pro = pro(&mut acme);
    let mut ann = now(Customer::insert(new_customer("Ann", &pro)).returning(&mut acme)).unwrap();
    ann.name = SECRET.to_owned();
    let saved = now(ann.save(&mut globex));
    refused(saved, ErrorKind::ForeignRow, &["acme", "globex"]);
    let followed = now(ann.follow(Customer::REFERRED_BY, &mut globex));
    refused(followed, ErrorKind::ForeignRow, &["acme", "globex"]);
    let bill = now(Invoice::insert(new_invoice(&ann, 1, "2026-01-31")).execute(&mut globex));
    refused(bill, ErrorKind::ForeignRow, &["globex", "Invoice"]);
    let found = now(Customer::find(CustomerId(ann.id.0)).one(&mut globex));
    refused(found, ErrorKind::NotFound, &["globex", "Customer"]);
    let by = Customer::query().filter(Customer::REFERRED_BY.eq(&ann));
    let by = now(by.count(&mut globex));
    refused(by, ErrorKind::ForeignRow, &["globex"]);
}

#[test]
fn tables_and_schemas_that_are_gone() {
    let world = World::new();
    let mut acme = world.tenant("acme");
    let gone = sql!("SELECT count(*) FROM {Invoice}");
    world.change("DROP TABLE acme.invoices");
    let counted = now(Invoice::query().count(&mut acme));
    refused(counted, ErrorKind::MissingTable, &["acme", "Invoice"]);
    let by_hand = now(acme.sql(gone).row::<i64>());
    refused(by_hand, ErrorKind::MissingTable, &["acme"]);
    assert_eq!(now(Customer::query().count(&mut acme)).unwrap(), 0);
}
