//! Advisory locks of tasks.

use std::time::Duration;

use tenantry::scope::AdvisoryLock;
use tenantry::tokio::TenantScope;
use tenantry::{ErrorKind, Result};
use tokio::time::{sleep, timeout};

use super::World;

const WAITING: &str = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted \
     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

#[tokio::test]
async fn a_task_has_it_until_its_transaction_ends_and_the_others_wait() {
    let world = World::new().await;
    let mut acme = world.acme().await;
    let mut tx = acme.begin().await.unwrap();
    tx.advisory_lock("invoice-run").await.unwrap();
    tx.shared_mut().advisory_lock("import").await.unwrap();
    let tasks: Vec<_> = (0..3)
        .map(|_| {
            let db = world.db.clone();
            tokio::spawn(async move {
                let mut acme = db.tenant(&super::key("acme")).await?;
                let run = async |tx: &mut TenantScope| {
                    assert!(!tx.try_advisory_lock("invoice-run").await?);
                    tx.advisory_lock("invoice-run").await
                };
                let outcome: Result<()> = acme.transaction(run).await;
                outcome
            })
        })
        .collect();
    while world.look(WAITING) < 3 {
        sleep(Duration::from_millis(5)).await;
    }
    assert!(tasks.iter().all(|task| !task.is_finished()));
    let lock = AdvisoryLock::new("invoice-run").within(Duration::from_millis(1));
    let mut other = world.acme().await;
    let error = other.transaction(async |tx| tx.advisory_lock(lock).await);
    let error = error.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LockTimeout);
    assert!(error.to_string().contains("; session "), "{error}");
    tx.commit().await.unwrap();
    for task in tasks {
        // Each holds it for a moment; the first attempt of the others is over.
        task.await.unwrap().unwrap();
    }
    let error = other.advisory_lock("x").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    world.settles().await;
}

#[tokio::test]
async fn a_wait_that_is_dropped_leaves_no_lock() {
    let world = World::new().await;
    let (mut acme, mut other) = (world.acme().await, world.acme().await);
    let mut tx = acme.begin().await.unwrap();
    tx.advisory_lock("invoice-run").await.unwrap();
    let waits = other.transaction(async |tx| tx.advisory_lock("invoice-run").await);
    {
        let mut waits = std::pin::pin!(waits);
        while world.look(WAITING) == 0 {
            let over = timeout(Duration::from_millis(5), &mut waits).await;
            assert!(over.is_err(), "it is over, and did not wait");
        }
    }
    while world.look(WAITING) > 0 {
        sleep(Duration::from_millis(5)).await;
    }
    tx.commit().await.unwrap();
    let free = other.transaction(async |tx| tx.try_advisory_lock("invoice-run").await);
    assert!(free.await.unwrap());
    world.settles().await;
}
