//! The isolation and access of a task's transactions, and what becomes of those that were in conflict.

use std::sync::atomic::{AtomicU32, Ordering};

use tenantry::prelude::*;
use tenantry::tokio::TenantScope;
use tenantry::{ErrorKind, sql};
use tenantry_tests::shop::{Customer, NewCustomer};
use tokio::sync::Mutex;

use super::{World, add, key, names, polled};

async fn modes(tx: &mut TenantScope) -> tenantry::Result<[String; 3]> {
    let mut modes = [String::new(), String::new(), String::new()];
    for (mode, of) in modes
        .iter_mut()
        .zip(["isolation", "read_only", "deferrable"])
    {
        let setting = tx.sql(sql!("SELECT current_setting('transaction_' || $1)"));
        *mode = setting.bind(of).row().await?;
    }
    Ok(modes)
}

#[tokio::test]
async fn a_transaction_has_the_isolation_and_access_that_it_was_begun_with() {
    let world = World::new().await;
    let mut acme = world.acme().await;
    let report = acme.build_transaction().deferrable().run(modes).await;
    assert_eq!(report.unwrap(), ["serializable", "on", "on"]);
    let built = acme.build_transaction().repeatable_read();
    let mut tx = built.begin().await.unwrap();
    assert_eq!(
        modes(&mut tx).await.unwrap(),
        ["repeatable read", "off", "off"]
    );
    let nested = tx.build_transaction().read_only().run(modes).await;
    assert_eq!(nested.unwrap_err().kind(), ErrorKind::Nested);
    let mut shared = tx.shared_mut();
    let nested = shared.build_transaction().serializable().begin().await;
    assert_eq!(nested.unwrap_err().kind(), ErrorKind::Nested);
    tx.commit().await.unwrap();
    let usual = acme.transaction(modes).await.unwrap();
    assert_eq!(usual, ["read committed", "off", "off"]);
    let outcome = acme.build_transaction().read_only();
    let outcome = outcome.run(async |tx| add(tx, "Ann").await).await;
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
    assert_eq!(error.tenant().unwrap().as_str(), "acme");
    world.all_back().await;
}

async fn counted(tx: &mut TenantScope, name: &str) -> tenantry::Result<i64> {
    let count = Customer::query().count(tx).await?;
    let new = NewCustomer::new(name, format!("{name}@x.example"), 1);
    Customer::insert(new).execute(tx).await?;
    Ok(count)
}

#[tokio::test]
async fn a_transaction_that_was_in_conflict_is_run_again() {
    let world = World::new().await;
    let (mut acme, other) = (world.acme().await, Mutex::new(world.acme().await));
    // All of it can be sent to other threads.
    let task = tokio::spawn(async move {
        let runs = AtomicU32::new(0);
        let retrying = acme.build_transaction().serializable().retrying(5);
        let count = retrying.run(async |tx| {
            let run = runs.fetch_add(1, Ordering::Relaxed);
            let count = counted(tx, "Ann").await?;
            if run < 2 {
                let name = format!("Bob {run}");
                let mut other = other.lock().await;
                let theirs = other.build_transaction().serializable();
                theirs.run(async |tx| counted(tx, &name).await).await?;
            }
            Ok(count)
        });
        let count = count.await;
        (count, runs.into_inner(), names(&mut acme).await)
    });
    let (count, runs, all) = task.await.unwrap();
    assert_eq!((count.unwrap(), runs), (2, 3));
    assert_eq!(all.len(), 3);
    world.all_back().await;
}

#[tokio::test]
async fn attempts_end_and_hold_no_connection_meanwhile() {
    let world = World::with(|options| options.max_connections = 2).await;
    let (mut acme, other) = (world.acme().await, Mutex::new(world.acme().await));
    let runs = AtomicU32::new(0);
    let retrying = acme.build_transaction().serializable().retrying(3);
    let outcome = retrying.run(async |tx| {
        let run = runs.fetch_add(1, Ordering::Relaxed);
        let count = counted(tx, "Ann").await?;
        let name = format!("Bob {run}");
        let mut other = other.lock().await;
        let theirs = other.build_transaction().serializable();
        theirs.run(async |tx| counted(tx, &name).await).await?;
        Ok(count)
    });
    let error = outcome.await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Serialization, "{error}");
    assert_eq!(runs.load(Ordering::Relaxed), 3);
    assert_eq!(names(&mut acme).await.len(), 3);
    // Inside of another it is refused, and what was begun goes on.
    let outcome = acme.transaction(async |tx| {
        let retrying = tx.build_transaction().retrying(2);
        let nested = retrying.run(async |tx| add(tx, "Cid").await).await;
        assert_eq!(nested.unwrap_err().kind(), ErrorKind::Nested);
        add(tx, "Dan").await
    });
    outcome.await.unwrap();
    assert_eq!(names(&mut acme).await.len(), 4);
    world.all_back().await;
}

/// Two attempts, of which the first is in conflict: what it makes of that is the closure's affair.
async fn swallowed(world: &World, mut acme: TenantScope) {
    add(&mut acme, "Ann").await.unwrap();
    let mut others = world.acme().await;
    let mut theirs = others.begin().await.unwrap();
    let lock = || sql!("SELECT {Customer.name} FROM {Customer} FOR UPDATE NOWAIT");
    let locked: Vec<String> = theirs.sql(lock()).rows().await.unwrap();
    assert_eq!(locked, ["Ann"]);
    let (theirs, runs) = (Mutex::new(Some(theirs)), AtomicU32::new(0));
    let retrying = acme.build_transaction().retrying(5);
    let outcome = retrying.run(async |tx| {
        runs.fetch_add(1, Ordering::Relaxed);
        let locked = tx.sql(lock()).rows::<String>().await;
        if let Some(theirs) = theirs.lock().await.take() {
            assert!(locked.is_err());
            theirs.rollback().await?;
        }
        Ok(())
    });
    outcome.await.unwrap();
    assert_eq!(runs.load(Ordering::Relaxed), 2);
    assert_eq!(names(&mut acme).await, ["Ann"]);
}

async fn backend(scope: &mut TenantScope) -> i32 {
    let pid = scope.sql(sql!("SELECT pg_backend_pid()")).row();
    pid.await.unwrap()
}

/// Two attempts, of which the first fails when it is committed.
async fn refused_commit(world: &World, mut acme: TenantScope, leaves: bool) {
    let other = Mutex::new(world.acme().await);
    let runs = AtomicU32::new(0);
    if leaves {
        let role = acme.sql(sql!("SELECT set_config('app.user', 'ann', false)"));
        role.row::<String>().await.unwrap();
    }
    let before = backend(&mut acme).await;
    let retrying = acme.build_transaction().serializable().retrying(5);
    let outcome = retrying.run(async |tx| {
        let run = runs.fetch_add(1, Ordering::Relaxed);
        let count = counted(tx, "Ann").await?;
        if run == 0 {
            let mut other = other.lock().await;
            let theirs = other.build_transaction().serializable();
            theirs.run(async |tx| counted(tx, "Bob").await).await?;
        }
        Ok(count)
    });
    assert_eq!(outcome.await.unwrap(), 1);
    assert_eq!(runs.load(Ordering::Relaxed), 2);
    // It is the same connection still, with what was left in it.
    assert_eq!(backend(&mut acme).await, before);
    if leaves {
        let role = acme.sql(sql!("SELECT current_setting('app.user')"));
        assert_eq!(role.row::<String>().await.unwrap(), "ann");
    }
    world.change("DELETE FROM acme.customers");
}

#[tokio::test]
async fn a_conflict_is_noticed_where_the_closure_returns_ok() {
    for pinned in [false, true] {
        let world = World::new().await;
        let acme = world.acme().await;
        swallowed(&world, if pinned { acme.pinned() } else { acme }).await;
        world.all_back().await;
    }
}

#[tokio::test]
async fn a_conflict_at_the_commit_is_noticed_and_costs_no_connection() {
    let world = World::new().await;
    let acme = world.acme().await.pinned();
    refused_commit(&world, acme, false).await;
    let acme = world.acme().await;
    refused_commit(&world, acme, true).await;
    world.all_back().await;
}

#[tokio::test]
async fn a_future_that_is_dropped_in_any_attempt_leaves_nothing() {
    let world = World::new().await;
    let mut globex = world.db.tenant(&key("globex")).await.unwrap();
    for times in 1..40 {
        let (mut acme, other) = (world.acme().await, Mutex::new(world.acme().await));
        let runs = AtomicU32::new(0);
        let retrying = acme.build_transaction().serializable().retrying(3);
        let work = retrying.run(async |tx| {
            let run = runs.fetch_add(1, Ordering::Relaxed);
            let count = counted(tx, "Ann").await?;
            if run == 0 {
                let mut other = other.lock().await;
                let theirs = other.build_transaction().serializable();
                theirs.run(async |tx| counted(tx, "Bob").await).await?;
            }
            Ok(count)
        });
        let is_over = polled(times, work).await;
        drop(acme);
        world.settles().await;
        let ann = "SELECT count(*) FROM acme.customers WHERE name = 'Ann'";
        let is_there = world.look(ann) == 1;
        if let Some(outcome) = is_over {
            assert!(outcome.is_ok() && is_there);
        }
        world.change("DELETE FROM acme.customers");
    }
    assert!(names(&mut globex).await.is_empty());
    world.all_back().await;
}
