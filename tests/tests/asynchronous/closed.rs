//! Databases that are closed before the program ends.

use tenantry::tenant::TenantFilter;

use super::*;

const LONG: Duration = Duration::from_mins(1);

fn kind<T>(outcome: tenantry::Result<T>) -> ErrorKind {
    outcome.map(drop).unwrap_err().kind()
}

#[tokio::test]
async fn what_is_under_way_is_waited_for_and_nothing_else_is_begun() {
    let world = World::with(|options| options.max_connections = 2).await;
    let (acme, initech) = (key("acme"), key("initech"));
    let mut scope = world.acme().await;
    let mut idle = world.acme().await;
    let mut tx = scope.begin().await.unwrap();
    add(&mut tx, "Ann").await.unwrap();
    let theirs = world.db.clone();
    let closed = tokio::spawn(async move { theirs.close(LONG).await });
    while world.db.tenant(&acme).await.is_ok() {
        sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(kind(world.db.tenant(&acme).await), ErrorKind::Closed);
    assert_eq!(kind(world.db.tenant_now(&acme).await), ErrorKind::Closed);
    assert_eq!(
        kind(Plan::query().count(&mut world.db.shared()).await),
        ErrorKind::Closed
    );
    // A scope that has no connection has nothing under way.
    let error = Customer::query().count(&mut idle).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Closed, "{error}");
    let tenants = world.db.tenants();
    assert_eq!(kind(tenants.suspend(&acme).await), ErrorKind::Closed);
    assert_eq!(kind(tenants.create(&initech).await), ErrorKind::Closed);
    let blocking = world
        .db
        .blocking(|db| db.tenants().list(&TenantFilter::default()));
    assert_eq!(kind(blocking.await), ErrorKind::Closed);
    add(&mut tx, "Bob").await.unwrap();
    assert!(!closed.is_finished());
    tx.commit().await.unwrap();
    timeout(LONG, closed)
        .await
        .expect("it waits")
        .unwrap()
        .unwrap();
    assert_eq!(world.db.pool_status().open, 0);
    assert_eq!(world.look("SELECT count(*) FROM acme.customers"), 2);
    world.db.close(Duration::ZERO).await.unwrap();
}

#[tokio::test]
async fn whoever_waits_for_a_connection_is_told_and_the_wait_for_the_last_has_a_limit() {
    let world = World::with(|options| {
        options.max_connections = 1;
        options.wait = LONG;
    })
    .await;
    let mut holder = world.db.shared();
    let tx = holder.begin().await.unwrap();
    let theirs = world.db.clone();
    let waits = tokio::spawn(async move { Plan::query().count(&mut theirs.shared()).await });
    while world.db.pool_status().waiting == 0 {
        tokio::task::yield_now().await;
    }
    let error = world.db.close(Duration::from_millis(1)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Resources, "{error}");
    let waits = timeout(LONG, waits).await.expect("it waits").unwrap();
    assert_eq!(kind(waits), ErrorKind::Closed);
    // A transaction that is given up is rolled back before its connection is closed.
    drop(tx);
    timeout(LONG, world.db.close(LONG))
        .await
        .expect("it waits")
        .unwrap();
    assert_eq!(world.db.pool_status().open, 0);
    world.settles().await;
}

#[tokio::test]
async fn a_database_stays_closed_when_the_future_of_its_end_is_dropped() {
    let world = World::new().await;
    let mut acme = world.acme().await;
    let sleeps = acme.sql(sql!("SELECT pg_sleep(600)")).execute();
    world.left_asleep(sleeps).await;
    // The statement is still being cancelled, or is over: closing waits for that.
    assert!(
        polled(1, world.db.close(LONG))
            .await
            .is_none_or(|closed| closed.is_ok())
    );
    assert_eq!(kind(world.db.tenant(&key("acme")).await), ErrorKind::Closed);
    timeout(LONG, world.db.close(LONG))
        .await
        .expect("it waits")
        .unwrap();
    world.settles().await;
}
