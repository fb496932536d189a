//! The registry, migrations and standbys, from tasks.

use tenantry::tenant::TenantFilter;

use super::*;

#[tokio::test]
async fn the_registry_is_used_from_tasks() {
    let world = World::new().await;
    let tenants = world.db.tenants();
    let all = tenants.list(&TenantFilter::default()).await.unwrap();
    assert_eq!(all.len(), 2);
    tenants.tag(&key("acme"), &["eu"], &[]).await.unwrap();
    assert_eq!(
        tenants.get(&key("acme")).await.unwrap().key().as_str(),
        "acme"
    );
    tenants.suspend(&key("acme")).await.unwrap();
    let refused = world.db.tenant(&key("acme")).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::TenantState);
    tenants.resume(&key("acme")).await.unwrap();
    tenants.rename(&key("acme"), &key("acme-2")).await.unwrap();
    let gone = world.db.tenant(&key("acme")).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::UnknownTenant);
    let mut renamed = world.db.tenant(&key("acme-2")).await.unwrap();
    add(&mut renamed, "Ann").await.unwrap();
    tenants.drop(&key("acme-2")).await.unwrap();
    assert!(Customer::query().count(&mut renamed).await.is_err());
    assert_eq!(tenants.refill_standbys(2).await.unwrap(), 2);
    assert_eq!(tenants.standbys().await.unwrap().ready, 2);
    tenants.create(&key("claimed")).await.unwrap();
    assert_eq!(tenants.standbys().await.unwrap().ready, 1);
    let keeper = tenants.keep_standbys(2).await.unwrap();
    tokio::task::spawn_blocking(move || drop(keeper))
        .await
        .unwrap();
}

#[tokio::test]
async fn whoever_opens_no_tenant_is_told_why() {
    let world = World::new().await;
    let message = async |name: &str| {
        let opened = world.db.tenant(&key(name)).await;
        opened.unwrap_err().to_string()
    };
    let unknown = message("initech").await;
    assert!(unknown.contains("help: create it first"), "{unknown}");
    let twin = message("Acme").await;
    assert!(twin.contains("help: write `acme`"), "{twin}");
    let gone = "DROP SCHEMA tenantry CASCADE";
    let mut client = blocking(|| world.shop.database().connect());
    blocking(|| client.batch_execute(gone)).unwrap();
    blocking(|| drop(client));
    let gone = world.db.tenant(&key("initech")).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::DamagedBooks);
    assert!(gone.to_string().contains("`acme`"), "{gone}");
}

#[tokio::test]
async fn migrations_run_from_tasks() {
    let world = World::new().await;
    let report = world
        .db
        .blocking(|db| {
            db.migrator(tenantry_tests::chain_of_schema(&tenantry_tests::shop::SHOP))
                .run()
        })
        .await;
    report.unwrap();
    let failed = world
        .db
        .blocking(|db| db.tenants().get(&key("nobody")).map(drop));
    assert_eq!(failed.await.unwrap_err().kind(), ErrorKind::UnknownTenant);
}
