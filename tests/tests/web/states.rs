//! Tenants that are suspended, created, renamed and dropped while requests come.

use std::time::Duration;

use tenantry::exec::blocking;
use tenantry_tests::wait::until;

use super::{Site, customers, domain, key};

async fn site(staleness: Duration) -> Site {
    Site::with(
        |options| options.registry_staleness = staleness,
        |db| {
            let resolver = tenantry::web::Resolver::new(db).subdomains_of(domain("app.example"));
            customers().layer(resolver.anyone())
        },
    )
    .await
}

#[tokio::test]
async fn each_state_has_its_answer() {
    let site = site(Duration::from_hours(1)).await;
    let acme = async || site.at_host("acme.app.example").await;
    assert_eq!(acme().await.status, 200);
    site.db.tenants().suspend(&key("acme")).await.unwrap();
    let suspended = acme().await;
    assert_eq!(
        (suspended.status, &*suspended.body),
        (403, "this site is suspended\n")
    );
    site.db.tenants().resume(&key("acme")).await.unwrap();
    assert_eq!(acme().await.status, 200);
    site.db
        .tenants()
        .rename(&key("acme"), &key("apex"))
        .await
        .unwrap();
    assert_eq!(acme().await.status, 404);
    assert_eq!(site.at_host("apex.app.example").await.body, "acme");
    // Somebody else takes the key.
    site.db.tenants().create(&key("acme")).await.unwrap();
    assert_eq!(acme().await.body, "");
    site.db.tenants().drop(&key("acme")).await.unwrap();
    assert_eq!(acme().await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tenant_that_another_process_locks_out_is_served_no_longer_than_the_bound() {
    let site = site(Duration::from_millis(200)).await;
    assert_eq!(site.at_host("acme.app.example").await.status, 200);
    blocking(|| {
        let elsewhere = tenantry::Database::connect(site.shop.database().url()).unwrap();
        elsewhere.tenants().suspend(&key("acme")).unwrap();
    });
    let handle = tokio::runtime::Handle::current();
    blocking(|| {
        until("the tenant is locked out", || {
            handle.block_on(site.at_host("acme.app.example")).status == 403
        });
    });
    assert_eq!(site.at_host("globex.app.example").await.status, 200);
}

#[tokio::test]
async fn a_tenant_that_is_being_created_in_steps_asks_for_a_moment() {
    let site = site(Duration::ZERO).await;
    let change = |sql: &str| {
        blocking(|| {
            let mut client = site.shop.database().connect();
            client.batch_execute(sql).unwrap();
        });
    };
    // As it is there between two steps.
    change(
        "INSERT INTO tenantry.provisioning (id, key, schema_name, version, lease) \
         VALUES (4711, 'newly', 'newly', 0, clock_timestamp() + interval '1 hour')",
    );
    let answer = site.at_host("newly.app.example").await;
    assert_eq!(
        (answer.status, answer.header("retry-after")),
        (503, Some("2"))
    );
    // Nobody goes on making it.
    change("UPDATE tenantry.provisioning SET lease = clock_timestamp() - interval '1 second'");
    assert_eq!(site.at_host("newly.app.example").await.status, 404);
}

#[tokio::test]
async fn standbys_are_nobody_s() {
    let site = site(Duration::ZERO).await;
    site.db.tenants().refill_standbys(1).await.unwrap();
    let standby = blocking(|| {
        let mut client = site.shop.database().connect();
        let row = client.query_one(
            "SELECT key FROM tenantry.tenant WHERE state = 'standby'",
            &[],
        );
        row.unwrap().get::<_, String>(0)
    });
    let answer = site.at_host(&format!("{standby}.app.example")).await;
    assert!([400, 404].contains(&answer.status), "{standby}: {answer:?}");
}

#[tokio::test]
async fn a_database_that_is_away_is_told_as_such_and_nobody_is_let_in() {
    let site = site(Duration::ZERO).await;
    assert_eq!(site.at_host("acme.app.example").await.status, 200);
    let (away, back) = ("true", "false");
    let switch = |is_away: &str| {
        blocking(|| {
            let name = site.shop.database().config();
            let name = name.get_dbname().unwrap().to_owned();
            let mut config = site.shop.database().config();
            let mut client = config.dbname("postgres").connect(postgres::NoTls).unwrap();
            let allowed = is_away == "false";
            client
                .batch_execute(&format!(
                    "ALTER DATABASE \"{name}\" ALLOW_CONNECTIONS {allowed}"
                ))
                .unwrap();
            let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
            client.execute(cut, &[&name]).unwrap();
        });
    };
    switch(away);
    let answer = site.at_host("acme.app.example").await;
    assert!(answer.status >= 500, "{answer:?}");
    assert!(!answer.body.contains("acme"), "{answer:?}");
    switch(back);
    assert_eq!(site.at_host("acme.app.example").await.body, "acme");
}
