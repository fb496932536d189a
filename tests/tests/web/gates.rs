//! Who is let in.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use axum::Extension;
use axum::Router;
use axum::middleware::map_response;
use axum::response::{IntoResponse, Redirect, Response};
use axum::routing::get;
use tenantry::prelude::*;
use tenantry::web::{Admitted, Gate, Refusal, Resolver, Tenant};
use tenantry_tests::shop::Customer;

use super::{Site, domain, list};

/// Whoever is logged in: here, a customer.
#[derive(Debug, Clone)]
struct Visitor(String);

fn members(resolver: Resolver) -> Gate {
    let resolver = resolver.subdomains_of(domain("app.example"));
    resolver.members(|request, mut tenant| async move {
        let Some(email) = request
            .headers
            .get("x-email")
            .and_then(|it| it.to_str().ok())
        else {
            return Ok(None);
        };
        let customer = Customer::query().filter(Customer::EMAIL.eq(email));
        let customer = customer.first(&mut tenant).await?;
        Ok(customer.map(|customer| Visitor(customer.email.clone())))
    })
}

fn routes(runs: &Arc<AtomicUsize>) -> Router {
    let runs = Arc::clone(runs);
    let me = async move |Tenant(scope): Tenant, Extension(Visitor(email)): Extension<Visitor>| {
        runs.fetch_add(1, Ordering::SeqCst);
        format!("{email} at {}", scope.key())
    };
    Router::new().route("/me", get(me))
}

async fn ask(site: &Site, host: &str, email: &str) -> (u16, String) {
    let answer = site.get("/me", &[("Host", host), ("x-email", email)]).await;
    (answer.status, answer.body)
}

#[tokio::test]
async fn a_member_is_let_in_to_its_tenant_and_to_no_other() {
    let runs = Arc::new(AtomicUsize::new(0));
    let site = Site::with(|_| {}, |db| routes(&runs).layer(members(Resolver::new(db)))).await;
    let ours = ask(&site, "acme.app.example", "ann@acme.example").await;
    assert_eq!(ours, (200, "ann@acme.example at acme".to_owned()));
    assert_eq!(runs.load(Ordering::SeqCst), 1);
    for (host, email) in [
        ("globex.app.example", "ann@acme.example"),
        ("acme.app.example", ""),
        ("acme.app.example", "ann@globex.example"),
    ] {
        assert_eq!(
            ask(&site, host, email).await,
            (403, "you are no member here\n".to_owned())
        );
    }
    assert_eq!(
        ask(&site, "nobody.app.example", "ann@acme.example").await.0,
        404
    );
    assert_eq!(runs.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn strangers_can_t_tell_a_tenant_from_none_where_tenants_are_hidden() {
    let runs = Arc::default();
    let site = Site::with(
        |_| {},
        |db| routes(&runs).layer(members(Resolver::new(db)).hides_tenants()),
    )
    .await;
    let of_none = ask(&site, "nobody.app.example", "ann@globex.example").await;
    assert_eq!(of_none.0, 404);
    assert_eq!(
        ask(&site, "acme.app.example", "ann@globex.example").await,
        of_none
    );
    let acme = TenantKey::new("acme").unwrap();
    site.db.tenants().suspend(&acme).await.unwrap();
    assert_eq!(
        ask(&site, "acme.app.example", "ann@acme.example").await,
        of_none
    );
    site.db.tenants().resume(&acme).await.unwrap();
    assert_eq!(
        ask(&site, "acme.app.example", "ann@acme.example").await.0,
        200
    );
}

#[tokio::test]
async fn a_membership_that_can_t_be_asked_for_lets_nobody_in() {
    let site = Site::new(|resolver| {
        let resolver = resolver.subdomains_of(domain("app.example"));
        resolver.members(|_, mut tenant| async move {
            let missing = sql!(unchecked "SELECT 'ann@acme.example' FROM \"nowhere\"");
            tenant.sql(missing).rows::<(String,)>().await?;
            Ok(Some(()))
        })
    })
    .await;
    let answer = site.at_host("acme.app.example").await;
    assert_eq!(
        (answer.status, &*answer.body),
        (500, "something went wrong\n")
    );
}

#[tokio::test]
async fn requests_without_a_tenant_pass_where_they_may() {
    let page = async |tenant: Option<Tenant>| match tenant {
        Some(Tenant(scope)) => format!("the page of {}", scope.key()),
        None => "the page of everybody".to_owned(),
    };
    let site = Site::with(
        |_| {},
        |db| {
            let gate = Resolver::new(db)
                .subdomains_of(domain("app.example"))
                .anyone()
                .or_no_tenant();
            Router::new()
                .route("/", get(page))
                .route("/customers", get(list))
                .layer(gate)
        },
    )
    .await;
    let at = async |host: &str, path: &str| {
        let answer = site.get(path, &[("Host", host)]).await;
        (answer.status, answer.body)
    };
    assert_eq!(
        at("app.example", "/").await,
        (200, "the page of everybody".to_owned())
    );
    assert_eq!(
        at("acme.app.example", "/").await,
        (200, "the page of acme".to_owned())
    );
    assert_eq!(at("nobody.app.example", "/").await.0, 404);
    assert_eq!(at("evil.example", "/").await.0, 404);
    assert_eq!(at("app.example", "/customers").await.0, 404);
}

#[tokio::test]
async fn an_inner_gate_takes_over_nothing_from_an_outer_one() {
    let site = Site::with(
        |_| {},
        |db| {
            let open = Resolver::new(db)
                .subdomains_of(domain("app.example"))
                .anyone();
            let by_path = Resolver::new(db).path("/t").anyone().or_no_tenant();
            let page = async |tenant: Option<Tenant>| {
                tenant.map_or("none".to_owned(), |tenant| tenant.0.key().to_string())
            };
            Router::new()
                .route("/t/{tenant}", get(page))
                .route("/", get(page))
                .layer(by_path)
                .layer(open)
        },
    )
    .await;
    let get = async |path: &str| site.get(path, &[("Host", "acme.app.example")]).await.body;
    assert_eq!(get("/t/globex").await, "globex");
    assert_eq!(get("/").await, "none");
}

#[tokio::test]
async fn an_application_answers_refusals_in_its_own_way() {
    async fn own(response: Response) -> Response {
        match response.extensions().get::<Refusal>() {
            Some(Refusal::Stranger) => Redirect::to("/login").into_response(),
            _ => response,
        }
    }
    let runs = Arc::default();
    let site = Site::with(
        |_| {},
        |db| {
            routes(&runs)
                .layer(members(Resolver::new(db)))
                .layer(map_response(own))
        },
    )
    .await;
    let answer = site.get("/me", &[("Host", "acme.app.example")]).await;
    assert_eq!(
        (answer.status, answer.header("location")),
        (303, Some("/login"))
    );
    assert_eq!(ask(&site, "nobody.app.example", "").await.0, 404);
}

#[tokio::test]
async fn a_service_without_axum_s_extractors_takes_the_tenant_from_the_extensions() {
    let site = Site::with(
        |_| {},
        |db| {
            let key = async |request: axum::extract::Request| {
                let admitted = Admitted::of(request.extensions()).unwrap();
                let count = Customer::query()
                    .count(&mut admitted.scope())
                    .await
                    .unwrap();
                format!("{} {count}", admitted.key())
            };
            let gate = Resolver::new(db)
                .subdomains_of(domain("app.example"))
                .anyone();
            Router::new().route("/customers", get(key)).layer(gate)
        },
    )
    .await;
    assert_eq!(site.at_host("globex.app.example").await.body, "globex 1");
}

#[tokio::test]
async fn a_membership_that_fails_over_the_request_hides_the_tenant_too() {
    for hides in [true, false] {
        let site = Site::new(|resolver| {
            let resolver = resolver.subdomains_of(domain("app.example"));
            let gate = resolver.members(|request, mut tenant| async move {
                let email = request.headers["x-email"].to_str().unwrap();
                let email = email.replace("NUL", "\0");
                let customer = Customer::query().filter(Customer::EMAIL.eq(email));
                customer.one(&mut tenant).await.map(Some)
            });
            if hides { gate.hides_tenants() } else { gate }
        })
        .await;
        let ask = async |host: &str, email: &str| {
            let host = format!("{host}.app.example");
            let answer = site
                .get("/customers", &[("Host", &host), ("x-email", email)])
                .await;
            (answer.status, answer.body)
        };
        let of_none = ask("nobody", "").await;
        assert_eq!(of_none.0, 404);
        let (stranger, bad) = (ask("acme", "").await, ask("acme", "NUL").await);
        if hides {
            assert_eq!((stranger, bad), (of_none.clone(), of_none));
        } else {
            assert_eq!((stranger.0, bad.0), (403, 422));
        }
        assert_eq!(ask("acme", "ann@acme.example").await.0, 200);
    }
}
