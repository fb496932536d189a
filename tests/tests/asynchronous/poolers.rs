//! Tasks behind PgBouncer, in the two modes that have transactions.

use postgres::NoTls;
use tenantry::exec::blocking;
use tenantry::prelude::*;
use tenantry::tokio::{Database, Options};
use tenantry_tests::bouncer::Bouncer;
use tenantry_tests::programs::is_not_installed;
use tenantry_tests::shop::Customer;

use super::{World, add, key, names};

/// Starts a pooler before the database of a world, and connects tasks through it.
async fn through(world: &World, mode: &str) -> Option<(Bouncer, Database)> {
    let lines = format!("pool_mode = {mode}");
    let bouncer = blocking(|| Bouncer::start_with(world.shop.database(), &lines));
    let Some(bouncer) = bouncer else {
        is_not_installed("PgBouncer");
        return None;
    };
    let mut options = Options::default();
    options.max_connections = 2;
    let db = Database::connect_with(&bouncer.config(), NoTls, options).await;
    Some((bouncer, db.unwrap()))
}

/// Writes as a tenant, half of it in a transaction that is rolled back, and reads what is there.
async fn work(db: Database, tenant: &'static str, task: usize) {
    let mut scope = db.tenant(&key(tenant)).await.unwrap();
    let kept = format!("{tenant}-{task}");
    let outcome = scope.transaction(async |tx| add(tx, &kept).await.map(drop));
    outcome.await.unwrap();
    let mut tx = scope.begin().await.unwrap();
    add(&mut tx, &format!("dropped-{task}")).await.unwrap();
    drop(tx);
    let found = names(&mut scope).await;
    assert!(found.contains(&kept), "{found:?}");
    let is_ours = |name: &String| name.starts_with(tenant);
    assert!(found.iter().all(is_ours), "{found:?}");
}

async fn is_as_without(mode: &str) {
    let world = World::new().await;
    let Some((bouncer, db)) = through(&world, mode).await else {
        return;
    };
    let tasks: Vec<_> = (0..20)
        .map(|task| {
            let tenant = if task % 2 == 0 { "acme" } else { "globex" };
            tokio::spawn(work(db.clone(), tenant, task))
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    // Nothing is cancelled here: Debian's PgBouncer 1.18.0 ends itself when a cancellation meets the end of its connection.
    for tenant in ["acme", "globex"] {
        let mut scope = db.tenant(&key(tenant)).await.unwrap();
        assert_eq!(Customer::query().count(&mut scope).await.unwrap(), 10);
    }
    drop(db);
    blocking(|| drop(bouncer));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_behind_a_transaction_pooler_have_their_own_rows() {
    is_as_without("transaction").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tasks_behind_a_session_pooler_have_their_own_rows() {
    is_as_without("session").await;
}
