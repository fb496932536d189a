//! Helpers for the tests of several rules.

use postgres::NoTls;
use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry::tenant::TenantFilter;
use tenantry_tests::Shop;
use tenantry_tests::fleet::schemas;
use tenantry_tests::shop::{Customer, NewCustomer, Plan};

/// Inserts a customer of the plan `pro`.
pub(crate) fn customer(scope: &mut TenantScope, name: &str) -> Stored<Customer> {
    let pro = Plan::query().filter(Plan::CODE.eq("pro"));
    let plan = pro.one(scope).unwrap();
    let email = format!("{name}@x.example");
    Customer::insert(NewCustomer::new(name, email, &plan))
        .returning(scope)
        .unwrap()
}

/// The names of a tenant's customers.
pub(crate) fn customers(scope: &mut TenantScope) -> Vec<String> {
    let rows = Customer::query().order_by(Customer::NAME.asc()).all(scope);
    rows.unwrap()
        .into_iter()
        .map(|row| row.into_inner().name)
        .collect()
}

/// The shop's database through a pool of one connection, so that all scopes use the same.
pub(crate) fn one_connection(shop: &Shop) -> Database {
    let mut options = Options::default();
    options.max_connections = 1;
    Database::connect_with(&shop.database().config(), NoTls, options).unwrap()
}

/// The number of the server's process behind a scope.
pub(crate) fn backend(scope: &mut TenantScope) -> i32 {
    let sql = "SELECT pg_catalog.pg_backend_pid()";
    scope.client().query_typed(sql, &[]).unwrap()[0].get(0)
}

/// Opens a tenant of a database.
pub(crate) fn open(db: &Database, key: &str) -> TenantScope {
    db.tenant(&self::key(key)).unwrap()
}

/// A key.
pub(crate) fn key(text: &str) -> TenantKey {
    TenantKey::new(text).unwrap()
}

/// Takes a tenant through its whole life, with rows, and leaves nothing of it.
pub(crate) fn live(shop: &Shop, name: &TenantKey) {
    let db = shop.db();
    let before = schemas(&mut shop.database().connect());
    let tenant = db
        .tenants()
        .create(name)
        .unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(tenant.key(), name);
    {
        let mut scope = db.tenant(name).unwrap();
        assert_eq!((scope.key(), scope.schema()), (name, tenant.schema()));
        let mut ann = customer(&mut scope, "Ann");
        ann.name = "Bob".to_owned();
        ann.save(&mut scope).unwrap();
        Customer::query()
            .join(Customer::PLAN)
            .one(&mut scope)
            .unwrap();
        let of_pro = Customer::PLAN.on(Plan::CODE.eq("pro"));
        assert_eq!(
            Customer::query().filter(of_pro).count(&mut scope).unwrap(),
            1
        );
        let raw = scope.sql(sql!("SELECT {Customer.name} FROM {Customer}"));
        assert_eq!(raw.rows::<String>().unwrap(), ["Bob"]);
        assert_eq!(
            Customer::delete_where(Customer::everything())
                .execute(&mut scope)
                .unwrap(),
            1
        );
    }
    db.tenants().suspend(name).unwrap();
    assert!(db.tenant(name).unwrap_err().is_tenant_state());
    db.tenants().resume(name).unwrap();
    let other = key("Some.Other-Key");
    db.tenants().rename(name, &other).unwrap();
    assert!(db.tenant(name).unwrap_err().is_unknown_tenant());
    assert_eq!(db.tenant(&other).unwrap().schema(), tenant.schema());
    db.tenants().rename(&other, name).unwrap();
    let listed = db
        .tenants()
        .list(&TenantFilter::all().prefix(name.as_str()))
        .unwrap();
    assert_eq!(listed.len(), 1);
    db.tenants().drop(name).unwrap();
    assert!(db.tenant(name).unwrap_err().is_unknown_tenant());
    assert_eq!(schemas(&mut shop.database().connect()), before);
}
