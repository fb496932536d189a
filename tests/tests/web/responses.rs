//! Errors that handlers return.

use std::time::Duration;

use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use tenantry::prelude::*;
use tenantry::tokio::{Database, TenantScope};
use tenantry::web::{Resolver, Tenant};
use tenantry_tests::shop::{Customer, CustomerId, NewCustomer, Plan};

use super::{Site, domain, key};

/// A text that no answer may quote.
const SECRET: &str = "ann@acme.example";

/// Whoever has a name without an `@`. There is no table: such a value is refused before it is sent.
#[tenant_model]
struct Guest {
    #[field(key)]
    id: i64,
    #[field(check_with = is_name)]
    name: String,
}

fn is_name(name: &str) -> Result<(), &'static str> {
    if name.contains('@') {
        return Err("no name");
    }
    Ok(())
}

async fn insert(acme: &mut TenantScope, name: &str, email: &str) -> tenantry::Result<()> {
    let free = Plan::query().first(acme).await?.expect("a plan");
    Customer::insert(NewCustomer::new(name, email, &free))
        .execute(acme)
        .await?;
    Ok(())
}

async fn failing(Tenant(mut acme): Tenant, Path(how): Path<String>) -> tenantry::Result<String> {
    match how.as_str() {
        "missing" => drop(Customer::find(CustomerId(0)).one(&mut acme).await?),
        "unique" => insert(&mut acme, "Ann", SECRET).await?,
        "check" => insert(&mut acme, "  ", "secret@acme.example").await?,
        "value" => insert(&mut acme, "a\0b", "secret@acme.example").await?,
        "invalid" => {
            let guest = Guest::insert(NewGuest::new(SECRET));
            guest.execute(&mut acme).await?;
        }
        "stale" => {
            let query = || Customer::query().filter(Customer::EMAIL.eq(SECRET));
            let mut customer = query().one(&mut acme).await?;
            query().one(&mut acme).await?.delete(&mut acme).await?;
            customer.name = SECRET.to_owned();
            customer.save(&mut acme).await?;
        }
        "referenced" => {
            let mut shared = acme.shared_mut();
            Plan::delete_where(Plan::CODE.eq("free"))
                .execute(&mut shared)
                .await?;
        }
        _ => drop(
            acme.sql(sql!(unchecked "SELECT 1 FROM nowhere"))
                .execute()
                .await?,
        ),
    }
    Ok(String::new())
}

#[tokio::test]
async fn an_error_has_its_status_and_tells_nothing_of_rows() {
    let routes = |db: &Database| {
        let gate = Resolver::new(db)
            .subdomains_of(domain("app.example"))
            .anyone();
        Router::new().route("/{how}", get(failing)).layer(gate)
    };
    let site = Site::with(|_| {}, routes).await;
    for (how, status) in [
        ("missing", 404),
        ("unique", 409),
        ("check", 422),
        ("value", 422),
        ("invalid", 422),
        ("referenced", 409),
        ("broken", 500),
        ("stale", 409),
    ] {
        let answer = site
            .get(&format!("/{how}"), &[("Host", "acme.app.example")])
            .await;
        assert_eq!(answer.status, status, "{how}: {answer:?}");
        assert_eq!(
            answer.header("content-type"),
            Some("application/problem+json")
        );
        let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap();
        assert_eq!(body["status"], status);
        if status == 422 {
            assert!(answer.body.contains("a value is not valid"), "{answer:?}");
        }
        for word in [SECRET, "secret", "customers", "acme", "nowhere"] {
            assert!(!answer.body.contains(word), "{answer:?}");
        }
    }
}

#[tokio::test]
async fn a_row_that_somebody_holds_is_asked_for_again() {
    let routes = |db: &Database| {
        let lock = async |Tenant(mut acme): Tenant| -> tenantry::Result<String> {
            acme.transaction(async |tx| Customer::query().for_update().no_wait().all(tx).await)
                .await?;
            Ok(String::new())
        };
        let gate = Resolver::new(db)
            .subdomains_of(domain("app.example"))
            .anyone();
        Router::new().route("/lock", get(lock)).layer(gate)
    };
    let site = Site::with(|_| {}, routes).await;
    let ask = async || site.get("/lock", &[("Host", "acme.app.example")]).await;
    let mut acme = site.db.tenant(&key("acme")).await.unwrap();
    let mut tx = acme.begin().await.unwrap();
    Customer::query().for_update().all(&mut tx).await.unwrap();
    let answer = ask().await;
    assert_eq!(
        (answer.status, answer.header("retry-after")),
        (503, Some("1"))
    );
    tx.rollback().await.unwrap();
    assert_eq!(ask().await.status, 200);
}

#[tokio::test]
async fn a_program_that_has_closed_its_database_sends_visitors_to_another() {
    let site = Site::new(|resolver| {
        let resolver = resolver.subdomains_of(domain("app.example"));
        resolver.anyone()
    })
    .await;
    assert_eq!(site.at_host("acme.app.example").await.status, 200);
    site.db.close(Duration::from_secs(10)).await.unwrap();
    let answer = site.at_host("acme.app.example").await;
    assert_eq!(
        (answer.status, answer.header("retry-after")),
        (503, Some("1"))
    );
}
