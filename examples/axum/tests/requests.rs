//! Requests, as a browser sends them.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode};
use axum_example::{app, migrate};
use serde_json::{Value, json};
use tenantry::TenantKey;
use tenantry::testing::TestDb;
use tenantry::tokio::Database;
use tower::ServiceExt;

async fn ask(app: &Router, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .body(Body::from(body.to_string()))
        .unwrap();
    let response = app.clone().oneshot(request).await.unwrap();
    let status = response.status();
    let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (
        status,
        serde_json::from_slice(&bytes).unwrap_or(Value::Null),
    )
}

#[tokio::test]
async fn each_tenant_is_served_its_own() {
    let database = TestDb::new();
    let db = Database::connect(database.url()).await.unwrap();
    migrate(&db).await.unwrap();
    let app = app(db.clone());
    let ann = json!({"name": "Ann", "email": "ann@acme.example"});
    let get = |path: &'static str| ask(&app, "GET", path, Value::Null);
    assert_eq!(get("/acme/customers").await.0, StatusCode::NOT_FOUND);
    for tenant in ["/acme", "/globex"] {
        let (status, _) = ask(&app, "POST", tenant, ann.clone()).await;
        assert_eq!(status, StatusCode::CREATED);
    }
    let (status, _) = ask(&app, "POST", "/acme", ann.clone()).await;
    assert_eq!(status, StatusCode::CONFLICT);
    let bob = json!({"name": "Bob", "email": "bob@acme.example"});
    let (status, id) = ask(&app, "POST", "/acme/customers", bob.clone()).await;
    assert_eq!(status, StatusCode::CREATED);
    assert_eq!(id, 2);
    assert_eq!(get("/acme/customers").await.1, json!(["Ann", "Bob"]));
    assert_eq!(get("/globex/customers").await.1, json!(["Ann"]));
    assert_eq!(get("/globex/customers/2").await.0, StatusCode::NOT_FOUND);
    assert_eq!(get("/acme/customers/2").await.1, bob);
    let bert = json!({"name": "Bert", "email": "ann@acme.example"});
    let (status, _) = ask(&app, "PUT", "/acme/customers/2", bert).await;
    assert_eq!(status, StatusCode::CONFLICT);
    assert_eq!(get("/acme/customers/2").await.1, bob);
    let acme = TenantKey::new("acme").unwrap();
    db.tenants().suspend(&acme).await.unwrap();
    assert_eq!(get("/acme/customers").await.0, StatusCode::FORBIDDEN);
    assert_eq!(get("/a%27c%20me/customers").await.0, StatusCode::NOT_FOUND);
}
