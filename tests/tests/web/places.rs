//! Tenants that other places of a request name, and requests that name several.

use axum::Router;
use axum::http::HeaderName;
use axum::routing::get;
use tenantry::web::Resolver;

use super::{Site, customers, domain, key, list};

#[tokio::test]
async fn a_path_names_a_tenant_for_the_routes_that_are_behind_the_prefix() {
    let routes = |db: &tenantry::tokio::Database| {
        let nested = Router::new().nest("/t/{tenant}", customers());
        let gate = Resolver::new(db).path("/t").anyone();
        // A router of its own sees a path without the prefix.
        let inside = Router::new().nest(
            "/inside/{tenant}",
            customers().layer(Resolver::new(db).path("/inside").anyone()),
        );
        nested.layer(gate).merge(inside)
    };
    let site = Site::with(|_| {}, routes).await;
    let host = [("Host", "anything.example")];
    let get = async |path: &str| site.get(path, &host).await;
    assert_eq!(get("/t/acme/customers").await.body, "acme");
    assert_eq!(get("/t/globex/customers").await.body, "globex");
    assert_eq!(get("/t/gl%6Fbex/customers").await.body, "globex");
    for path in [
        "/t/nobody/customers",
        "/t/o'brien/customers",
        "/t/%ff/customers",
        "/t/ACME/customers",
        "/inside/acme/customers",
    ] {
        assert_eq!(get(path).await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn a_header_and_a_claim_name_a_tenant() {
    let header = HeaderName::from_static("x-tenant");
    let site = Site::new(|resolver| {
        let claim = |parts: &axum::http::request::Parts| {
            let claim = parts
                .headers
                .get("x-claim")
                .and_then(|claim| claim.to_str().ok());
            // A claim that can't be read is an error, and not no claim.
            Ok(claim.map(tenantry::TenantKey::new).transpose()?)
        };
        resolver.header(header).claim(claim).anyone()
    })
    .await;
    let get = async |headers: &[(&str, &str)]| site.get("/customers", headers).await;
    assert_eq!(get(&[("X-Tenant", "acme")]).await.body, "acme");
    assert_eq!(get(&[("x-claim", "globex")]).await.body, "globex");
    assert_eq!(
        get(&[("x-tenant", "acme"), ("x-claim", "acme")]).await.body,
        "acme"
    );
    assert_eq!(
        get(&[("x-tenant", "acme"), ("x-claim", "globex")])
            .await
            .status,
        400
    );
    assert_eq!(
        get(&[("x-tenant", "acme"), ("x-tenant", "globex")])
            .await
            .status,
        400
    );
    assert_eq!(
        get(&[("x-tenant", "acme"), ("x-claim", "o'brien")])
            .await
            .status,
        400
    );
    assert_eq!(get(&[]).await.status, 404);
    for name in ["", "nobody", "acme globex", "acme,globex", "Acme"] {
        assert_eq!(get(&[("x-tenant", name)]).await.status, 404, "{name:?}");
    }
}

#[tokio::test]
async fn a_request_that_names_two_tenants_is_for_neither() {
    let site = Site::new(|resolver| {
        let header = HeaderName::from_static("x-tenant");
        resolver
            .subdomains_of(domain("app.example"))
            .header(header)
            .path("t")
            .anyone()
    })
    .await;
    let get = async |host: &str, tenant: &str| {
        site.get("/customers", &[("Host", host), ("x-tenant", tenant)])
            .await
    };
    assert_eq!(get("acme.app.example", "acme").await.body, "acme");
    assert_eq!(get("app.example", "globex").await.body, "globex");
    assert_eq!(get("acme.app.example", "globex").await.status, 400);
    // A header does not make a host of somebody else's ours.
    assert_eq!(get("evil.example", "globex").await.status, 404);
    site.db
        .tenants()
        .rename(&key("globex"), &key("hooli"))
        .await
        .unwrap();
    assert_eq!(get("app.example", "globex").await.status, 404);
    assert_eq!(get("hooli.app.example", "hooli").await.body, "globex");
}

#[tokio::test]
async fn a_handler_behind_no_gate_is_not_run() {
    let site = Site::with(|_| {}, |_| Router::new().route("/customers", get(list))).await;
    let answer = site.at_host("acme.app.example").await;
    assert_eq!(
        (answer.status, &*answer.body),
        (500, "something went wrong\n")
    );
}
