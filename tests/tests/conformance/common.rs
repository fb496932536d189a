//! What the tests of several rules need.

use postgres::NoTls;
use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry_tests::Shop;
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
    db.tenant(&TenantKey::new(key).unwrap()).unwrap()
}
