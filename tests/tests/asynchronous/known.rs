//! Tenants that a process knows: opened without asking, and never served for longer than the stated time after a change.

use std::collections::{BTreeMap, BTreeSet};

use tenantry::scope;
use tokio::time::timeout;

use super::*;

/// Longer than anything takes here that comes.
const LONG: Duration = Duration::from_mins(2);

/// Waits until that is so, and says how long it took.
async fn until<F: Future<Output = bool>>(mut is_so: impl FnMut() -> F) -> Duration {
    let since = Instant::now();
    while !is_so().await {
        assert!(since.elapsed() < LONG, "it does not come");
        sleep(Duration::from_millis(5)).await;
    }
    since.elapsed()
}

/// The database as another process has it.
fn elsewhere(world: &World) -> scope::Database {
    blocking(|| scope::Database::connect(world.shop.database().url()).unwrap())
}

#[tokio::test]
async fn a_known_tenant_is_opened_without_a_connection_for_as_long_as_scopes_are_opened() {
    let world = World::with(|options| {
        options.max_connections = 1;
        options.wait = Duration::from_millis(50);
        options.registry_staleness = Duration::from_secs(4);
    })
    .await;
    let mut acme = world.acme().await;
    let tx = acme.begin().await.unwrap();
    let since = Instant::now();
    // It is looked at with all others, over a connection of its own, twice in the time for which it is known.
    let looked = "SELECT pid, query_start::text FROM pg_stat_activity \
                  WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%tenantry.tenant WHERE id = ANY%'";
    let mut client = blocking(|| world.shop.database().connect());
    let mut looks = BTreeMap::<i32, BTreeSet<String>>::new();
    while looks.values().all(|of_one| of_one.len() < 4) {
        let known = timeout(LONG, world.db.tenant(&key("acme"))).await;
        assert_eq!(known.unwrap().unwrap().key().as_str(), "acme");
        for row in blocking(|| client.query(looked, &[])).unwrap() {
            looks.entry(row.get(0)).or_default().insert(row.get(1));
        }
        assert!(since.elapsed() < LONG, "{looks:?}");
        sleep(Duration::from_millis(20)).await;
    }
    blocking(|| drop(client));
    let asked = world.db.tenant_now(&key("acme")).await.unwrap_err();
    assert_eq!(asked.kind(), ErrorKind::Resources);
    let unknown = world.db.tenant(&key("globex")).await.unwrap_err();
    assert_eq!(unknown.kind(), ErrorKind::Resources);
    tx.rollback().await.unwrap();
}

#[tokio::test]
async fn a_change_elsewhere_is_seen_within_the_bound_and_at_once_by_who_asks() {
    let world = World::new().await;
    let other = elsewhere(&world);
    let mut took = Vec::new();
    for _ in 0..3 {
        world.acme().await;
        blocking(|| other.tenants().suspend(&key("acme")).unwrap());
        let now = world.db.tenant_now(&key("acme")).await.unwrap_err();
        assert_eq!(now.kind(), ErrorKind::TenantState);
        took.push(until(async || world.db.tenant(&key("acme")).await.is_err()).await);
        blocking(|| other.tenants().resume(&key("acme")).unwrap());
        world.acme().await;
    }
    // The bound is one second; a loaded machine may pass it now and then, and not each time.
    let soonest = took.iter().min().unwrap();
    assert!(*soonest < Duration::from_secs(3), "{took:?}");
    blocking(|| {
        other
            .tenants()
            .rename(&key("acme"), &key("renamed"))
            .unwrap()
    });
    until(async || {
        let opened = world.db.tenant(&key("acme")).await;
        opened.is_err_and(|error| error.is_unknown_tenant())
    })
    .await;
    world.db.tenant(&key("renamed")).await.unwrap();
    blocking(|| drop(other));
}

#[tokio::test]
async fn a_change_through_the_same_database_is_seen_at_once() {
    let world = World::with(|options| options.registry_staleness = Duration::from_mins(10)).await;
    let tenants = world.db.tenants();
    for _ in 0..5 {
        world.acme().await;
        tenants.suspend(&key("acme")).await.unwrap();
        let refused = world.db.tenant(&key("acme")).await.unwrap_err();
        assert_eq!(refused.kind(), ErrorKind::TenantState);
        tenants.resume(&key("acme")).await.unwrap();
    }
    world.acme().await;
    tenants.drop(&key("acme")).await.unwrap();
    assert!(world.db.tenant(&key("acme")).await.is_err());
    let made = tenants.create(&key("acme")).await.unwrap();
    assert_eq!(world.acme().await.schema(), made.schema());
}

#[tokio::test]
async fn a_tenant_whose_tables_are_missing_is_asked_for_again() {
    let world = World::with(|options| options.registry_staleness = Duration::from_mins(10)).await;
    let other = elsewhere(&world);
    let mut acme = world.acme().await;
    add(&mut acme, "Ann").await.unwrap();
    blocking(|| other.tenants().drop(&key("acme")).unwrap());
    let mut stale = world.acme().await;
    let missing = Customer::query().count(&mut stale).await.unwrap_err();
    assert_eq!(missing.kind(), ErrorKind::MissingTable);
    let refused = world.db.tenant(&key("acme")).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::UnknownTenant);
    blocking(|| drop(other));
}

#[tokio::test]
async fn nothing_is_known_where_each_scope_is_to_ask() {
    let world = World::with(|options| options.registry_staleness = Duration::ZERO).await;
    let other = elsewhere(&world);
    world.acme().await;
    blocking(|| other.tenants().suspend(&key("acme")).unwrap());
    let refused = world.db.tenant(&key("acme")).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::TenantState);
    blocking(|| drop(other));
}

#[tokio::test]
async fn tenants_stay_known_where_the_connection_for_that_is_ended() {
    let world =
        World::with(|options| options.registry_staleness = Duration::from_millis(100)).await;
    let end = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE '%tenantry.tenant WHERE id = ANY%'";
    for _ in 0..5 {
        until(async || {
            world.acme().await;
            world.look(end) > 0
        })
        .await;
        world.acme().await;
    }
}

#[tokio::test]
async fn a_key_that_was_renamed_elsewhere_and_is_given_anew_here_leads_to_the_new_tenant() {
    let world = World::with(|options| options.registry_staleness = Duration::from_mins(10)).await;
    let other = elsewhere(&world);
    let tenants = world.db.tenants();
    let mut acme = world.acme().await;
    add(&mut acme, "Ann").await.unwrap();
    blocking(|| {
        other
            .tenants()
            .rename(&key("acme"), &key("former"))
            .unwrap()
    });
    tenants.create(&key("acme")).await.unwrap();
    assert!(names(&mut world.acme().await).await.is_empty());
    blocking(|| other.tenants().rename(&key("acme"), &key("later")).unwrap());
    tenants.rename(&key("globex"), &key("acme")).await.unwrap();
    let schema = world.acme().await.schema().as_str().to_owned();
    assert_eq!(schema, "globex");
    blocking(|| drop(other));
}
