//! Advisory locks of tasks.

use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use tenantry::prelude::sql;
use tenantry::scope::{AdvisoryLock, LockAttempt};
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
                    let attempt = tx.try_advisory_lock("invoice-run").await?;
                    assert_eq!(attempt, LockAttempt::Busy);
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
    let text = error.to_string();
    let begin = "the advisory lock `invoice-run` was not had within 1ms; session ";
    assert!(text.starts_with(begin), "{text}");
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
    assert_eq!(free.await.unwrap(), LockAttempt::Taken);
    world.settles().await;
}

#[tokio::test]
async fn a_wait_that_the_limit_of_statements_ends_is_told_as_the_lock() {
    let limit = Duration::from_secs(2);
    let world = World::with(|options| options.statement_timeout = Some(limit)).await;
    let (mut acme, mut other) = (world.acme().await, world.acme().await);
    let mut tx = acme.begin().await.unwrap();
    tx.advisory_lock("x").await.unwrap();
    let lock = AdvisoryLock::new("x").within(Duration::from_hours(1));
    let runs = AtomicU32::new(0);
    let retrying = other.build_transaction().retrying(2);
    let outcome = retrying.run(async |tx| {
        runs.fetch_add(1, Ordering::SeqCst);
        tx.advisory_lock(lock.clone()).await
    });
    let error = outcome.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LockTimeout);
    let text = error.to_string();
    let begin = "the advisory lock `x` was not had within 1.8s; session ";
    assert!(text.starts_with(begin), "{text}");
    assert_eq!(runs.swap(0, Ordering::SeqCst), 2);
    // Whoever goes on without it is not run again.
    let retrying = other.build_transaction().retrying(2);
    let outcome = retrying.run(async |tx| {
        runs.fetch_add(1, Ordering::SeqCst);
        tx.advisory_lock(lock.clone()).await.unwrap_err();
        tx.sql(sql!("SELECT 1/0")).row::<i32>().await
    });
    assert_eq!(outcome.await.unwrap_err().sqlstate(), Some("22012"));
    assert_eq!(runs.into_inner(), 1);
    let repeatable = other.build_transaction().repeatable_read();
    let outcome = repeatable.run(async |tx| tx.advisory_lock("y").await);
    assert_eq!(outcome.await.unwrap_err().kind(), ErrorKind::Configuration);
    tx.rollback().await.unwrap();
    world.settles().await;
}
