//! A small web program: the tenant is the first part of the path, and a handler that takes a [`Tenant`] can reach no other.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use quickstart::{Customer, NewCustomer, NewPlan, Plan};
use serde::{Deserialize, Serialize};
use tenantry::Error;
use tenantry::migrate::Chain;
use tenantry::prelude::*;
use tenantry::tokio::{Database, TenantScope};
use tenantry::web::{Resolver, Tenant};

/// The migrations of the models that the quickstart has.
const MIGRATIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../quickstart/migrations");

/// Brings the database up to date, before anybody is served.
///
/// # Errors
///
/// When a migration fails.
pub async fn migrate(db: &Database) -> Result<(), Error> {
    db.blocking(|db| db.migrator(Chain::open(MIGRATIONS)?).run())
        .await?;
    let mut shared = db.shared();
    let free = Plan::query().filter(Plan::CODE.eq("free"));
    if !free.exists(&mut shared).await? {
        let plan = NewPlan::new("free", Decimal::ZERO);
        Plan::insert(plan).execute(&mut shared).await?;
    }
    Ok(())
}

/// The program's routes.
pub fn app(db: Database) -> Router {
    // Nobody logs in here: everybody is let in to the tenant of the path.
    let gate = Resolver::new(&db).path("/").anyone();
    Router::new()
        .route("/{tenant}/customers", get(customers).post(add_customer))
        .route("/{tenant}/customers/{id}", get(customer).put(rename))
        .layer(gate)
        .route("/{tenant}", post(sign_up))
        .with_state(db)
}

/// A customer, as it is sent.
#[derive(Debug, Serialize, Deserialize)]
pub struct Sent {
    name: String,
    email: String,
}

async fn sign_up(
    State(db): State<Database>,
    Path(tenant): Path<String>,
    Json(owner): Json<Sent>,
) -> Result<StatusCode, Error> {
    let key = TenantKey::new(tenant)?;
    // The tenant and its first customer are there together, or neither is, even if the browser is gone meanwhile.
    db.tenants()
        .create_with(&key, async |tx| insert(tx, owner).await)
        .await?;
    Ok(StatusCode::CREATED)
}

async fn customers(Tenant(mut scope): Tenant) -> Result<Json<Vec<String>>, Error> {
    let all = Customer::query().order_by(Customer::NAME.asc());
    let all = all.all(&mut scope).await?;
    Ok(Json(
        all.iter().map(|customer| customer.name.clone()).collect(),
    ))
}

async fn add_customer(
    Tenant(mut scope): Tenant,
    Json(new): Json<Sent>,
) -> Result<(StatusCode, Json<i64>), Error> {
    let customer = insert(&mut scope, new).await?;
    Ok((StatusCode::CREATED, Json(customer.id)))
}

async fn customer(
    Tenant(mut scope): Tenant,
    Path((_, id)): Path<(String, i64)>,
) -> Result<Json<Sent>, Error> {
    let customer = Customer::find(id).one(&mut scope).await?;
    Ok(Json(Sent {
        name: customer.name.clone(),
        email: customer.email.clone(),
    }))
}

async fn rename(
    Tenant(mut scope): Tenant,
    Path((_, id)): Path<(String, i64)>,
    Json(sent): Json<Sent>,
) -> Result<StatusCode, Error> {
    scope
        .transaction(async |tx| {
            let mut customer = Customer::find(id).one(tx).await?;
            customer.name = sent.name;
            customer.email = sent.email;
            customer.save(tx).await
        })
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

async fn insert(scope: &mut TenantScope, new: Sent) -> Result<Stored<Customer>, Error> {
    let free = Plan::query()
        .filter(Plan::CODE.eq("free"))
        .one(scope)
        .await?;
    Customer::insert(NewCustomer::new(new.name, new.email, &free))
        .returning(scope)
        .await
}
