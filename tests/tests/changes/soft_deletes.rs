//! Models that learn to keep their deleted rows, and forget it: what is unique is so at any time, and both versions write.

use tenantry::ErrorKind;
use tenantry::migrate::{Choices, Phase};
use tenantry::prelude::*;
use tenantry_tests::fleet::{app, key, migrator};

use crate::given::{Given, TENANTS};

mod gone {
    use super::*;

    #[tenant_model(unique(name, city))]
    pub(crate) struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(unique)]
        pub email: String,
        pub name: String,
        pub city: String,
    }
}

mod kept {
    use super::*;

    #[tenant_model(unique(name, city))]
    pub(crate) struct Customer {
        #[field(key)]
        pub id: i64,
        #[field(unique)]
        pub email: String,
        pub name: String,
        pub city: String,
        #[field(soft_delete)]
        pub deleted_at: Option<Timestamp>,
    }
}

const GONE: [&tenantry::model::ModelDef; 1] = [gone::Customer::DEF];
const KEPT: [&tenantry::model::ModelDef; 1] = [kept::Customer::DEF];

const ROWS: &str = "INSERT INTO {t}.customers (email, name, city) VALUES ('a@x', 'Ann', 'Rome')";

/// Writes the migrations, and applies those that both versions live with.
fn expanded(given: &mut Given, models: &[&'static tenantry::model::ModelDef], choices: &Choices) {
    let made = given.write(models, choices);
    let phases: Vec<Phase> = made
        .iter()
        .map(tenantry::migrate::NewMigration::phase)
        .collect();
    let last = phases.len() - 1;
    assert!(
        phases[..last].iter().all(|phase| *phase == Phase::Expand),
        "{phases:?}"
    );
    assert_eq!(phases[last], Phase::Contract);
    let expanding = migrator(given.chain()).phase(Phase::Expand);
    expanding.on(&mut given.client).run().unwrap();
}

fn gone_upserts(scope: &mut TenantScope) {
    let new = || gone::NewCustomer::new("a@x", "Ann", "Rome");
    let by_email = gone::Customer::insert(new()).on_conflict(gone::Customer::EMAIL);
    by_email
        .update(gone::Customer::CITY)
        .execute(scope)
        .unwrap();
    let pair = (gone::Customer::NAME, gone::Customer::CITY);
    let by_pair = gone::Customer::insert(new()).on_conflict(pair);
    by_pair
        .update(gone::Customer::EMAIL)
        .execute(scope)
        .unwrap();
}

fn kept_upserts(scope: &mut TenantScope) {
    let new = || kept::NewCustomer::new("a@x", "Ann", "Rome");
    let by_email = kept::Customer::insert(new()).on_conflict(kept::Customer::EMAIL);
    by_email
        .update(kept::Customer::CITY)
        .execute(scope)
        .unwrap();
    let pair = (kept::Customer::NAME, kept::Customer::CITY);
    let by_pair = kept::Customer::insert(new()).on_conflict(pair);
    by_pair
        .update(kept::Customer::EMAIL)
        .execute(scope)
        .unwrap();
}

/// There is one row of the address, and no second one can be made.
fn is_unique(scope: &mut TenantScope) {
    assert_eq!(kept::Customer::query().count(scope).unwrap(), 1);
    let twice = kept::NewCustomer::new("a@x", "Bob", "Oslo");
    let error = kept::Customer::insert(twice).execute(scope).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Unique, "{error}");
}

#[test]
fn both_versions_upsert_while_a_model_learns_to_keep_its_deleted_rows() {
    let mut given = Given::new(&GONE, ROWS);
    expanded(&mut given, &KEPT, &Choices::new());
    for tenant in TENANTS {
        let mut scope = app(given.url()).tenant(&key(tenant)).unwrap();
        gone_upserts(&mut scope);
        kept_upserts(&mut scope);
        is_unique(&mut scope);
    }
    given.migrate();
    given.expect_structure(&KEPT);
    for tenant in TENANTS {
        let mut scope = app(given.url()).tenant(&key(tenant)).unwrap();
        let there = kept::Customer::query().one(&mut scope).unwrap();
        there.delete(&mut scope).unwrap();
        kept_upserts(&mut scope);
        is_unique(&mut scope);
    }
}

#[test]
fn the_version_that_keeps_them_upserts_until_a_model_has_forgotten_it() {
    let mut given = Given::new(&KEPT, ROWS);
    let choices = Choices::new().accept_loss("customers.deleted_at");
    expanded(&mut given, &GONE, &choices);
    for tenant in TENANTS {
        let mut scope = app(given.url()).tenant(&key(tenant)).unwrap();
        kept_upserts(&mut scope);
        is_unique(&mut scope);
    }
    given.migrate();
    given.expect_structure(&GONE);
    let mut scope = app(given.url()).tenant(&key("acme")).unwrap();
    gone_upserts(&mut scope);
}
