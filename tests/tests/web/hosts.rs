//! Tenants that a host names.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tenantry::prelude::*;

use super::{Site, customers, domain, key};

async fn at_subdomains() -> Site {
    Site::new(|resolver| {
        resolver
            .subdomains_of(domain("app.example"))
            .reserved(&["www", "API"])
            .anyone()
    })
    .await
}

#[tokio::test]
async fn the_label_in_front_of_a_domain_names_the_tenant_however_it_is_spelt() {
    let site = at_subdomains().await;
    for host in [
        "acme.app.example",
        "ACME.App.example",
        "acme.app.example.",
        "acme.app.example:8080",
        "Acme.app.example.:80",
    ] {
        let answer = site.at_host(host).await;
        assert_eq!((answer.status, &*answer.body), (200, "acme"), "{host}");
    }
    assert_eq!(site.at_host("globex.app.example").await.body, "globex");
    let absolute = b"GET http://globex.app.example/customers HTTP/1.1\r\nHost: globex.app.example\r\nConnection: close\r\n\r\n";
    assert_eq!(site.send(absolute).await.body, "globex");
}

#[tokio::test]
async fn a_host_of_no_tenant_is_answered_with_none_and_never_with_another() {
    let site = at_subdomains().await;
    for host in [
        "app.example",
        "www.app.example",
        "WWW.app.example",
        "api.app.example",
        "nobody.app.example",
        "a.acme.app.example",
        "acme.other.example",
        "evilapp.example",
        "acmeapp.example",
        "app.example.evil.example",
        "127.0.0.1",
        "[::1]:3000",
        "localhost",
        "shared.app.example",
        "tenantry.app.example",
        "public.app.example",
    ] {
        let answer = site.at_host(host).await;
        assert_eq!(answer.status, 404, "{host}");
        assert!(!answer.body.contains("acme"), "{answer:?}");
    }
    for host in [
        "",
        "acme.app.example, globex.app.example",
        "acme.app.example:x",
        "acme..app.example",
        "o'brien.app.example",
        "acme.app.example/x",
    ] {
        assert_eq!(site.at_host(host).await.status, 400, "{host:?}");
    }
    let twice = b"GET /customers HTTP/1.1\r\nHost: acme.app.example\r\nHost: globex.app.example\r\nConnection: close\r\n\r\n";
    assert_eq!(site.send(twice).await.status, 400);
    let differing = b"GET http://acme.app.example/customers HTTP/1.1\r\nHost: globex.app.example\r\nConnection: close\r\n\r\n";
    assert_eq!(site.send(differing).await.status, 400);
    let without = b"GET /customers HTTP/1.0\r\n\r\n";
    assert_eq!(site.send(without).await.status, 404);
}

#[tokio::test]
async fn a_tenant_whose_name_is_not_ascii_is_found_by_its_punycode() {
    let site =
        Site::new(|resolver| resolver.subdomains_of(domain("bücher.example")).anyone()).await;
    site.db
        .tenants()
        .create(&key("xn--mnchen-3ya"))
        .await
        .unwrap();
    for host in [
        "xn--mnchen-3ya.xn--bcher-kva.example",
        "münchen.BÜCHER.example",
    ] {
        assert_eq!(site.at_host(host).await.status, 200, "{host}");
    }
    assert_eq!(
        site.at_host("xn--a.xn--bcher-kva.example").await.status,
        400
    );
}

#[tokio::test]
async fn a_reserved_label_names_no_tenant_however_it_is_spelt() {
    let site = Site::new(|resolver| {
        let resolver = resolver.subdomains_of(domain("app.example"));
        resolver.reserved(&["API", "München", "42"]).anyone()
    })
    .await;
    for taken in ["api", "xn--mnchen-3ya", "42", "43"] {
        site.db.tenants().create(&key(taken)).await.unwrap();
    }
    for host in [
        "api.app.example",
        "münchen.app.example",
        "xn--MNCHEN-3ya.app.example",
        "42.app.example",
    ] {
        assert_eq!(site.at_host(host).await.status, 404, "{host}");
    }
    assert_eq!(site.at_host("43.app.example").await.status, 200);
}

#[tokio::test]
async fn a_forwarded_host_counts_only_where_the_program_was_told_so() {
    let headers = [
        ("Host", "acme.app.example"),
        ("X-Forwarded-Host", "globex.app.example"),
    ];
    let site = at_subdomains().await;
    assert_eq!(site.get("/customers", &headers).await.body, "acme");
    let site = Site::new(|resolver| {
        resolver
            .subdomains_of(domain("app.example"))
            .trust_forwarded_host()
            .anyone()
    })
    .await;
    assert_eq!(site.get("/customers", &headers).await.body, "globex");
    assert_eq!(site.get("/customers", &headers[..1]).await.body, "acme");
    let appended = [
        ("Host", "acme.app.example"),
        ("X-Forwarded-Host", "acme.app.example, globex.app.example"),
    ];
    assert_eq!(site.get("/customers", &appended).await.status, 400);
}

#[tokio::test]
async fn other_domains_are_the_application_s_to_tell_and_it_is_asked_once_in_a_while() {
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    let routes = |db: &tenantry::tokio::Database| {
        let resolver = tenantry::web::Resolver::new(db)
            .subdomains_of(domain("app.example"))
            .domains(move |domain, mut shared| {
                count.fetch_add(1, Ordering::SeqCst);
                async move {
                    // As from a table of the shared schema.
                    let free = tenantry_tests::shop::Plan::query()
                        .count(&mut shared)
                        .await?;
                    let tenants = ["acme", "globex"];
                    let of = |tenant: &&&str| domain.as_str() == format!("www.{tenant}.example");
                    let found = tenants.iter().find(of).filter(|_| free > 0);
                    Ok(found.map(TenantKey::new).transpose()?)
                }
            });
        customers().layer(resolver.anyone())
    };
    let site = Site::with(
        |options| options.registry_staleness = Duration::from_hours(1),
        routes,
    )
    .await;
    for _ in 0..3 {
        assert_eq!(site.at_host("www.acme.example").await.body, "acme");
        assert_eq!(site.at_host("WWW.acme.Example.:80").await.body, "acme");
        assert_eq!(site.at_host("www.globex.example").await.body, "globex");
    }
    assert_eq!(asked.load(Ordering::SeqCst), 2);
    assert_eq!(site.at_host("acme.example").await.status, 404);
    assert_eq!(site.at_host("acme.app.example").await.body, "acme");
    assert_eq!(asked.load(Ordering::SeqCst), 3);
}
