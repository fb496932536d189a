//! Futures that wait for a connection and that nobody polls meanwhile, as `select!` leaves them.

use std::future::Future;
use std::pin::{Pin, pin};
use std::task::{Context, Waker};
use std::time::Duration;

use tenantry::ErrorKind;
use tenantry::prelude::*;
use tenantry_tests::shop::Plan;
use tokio::time::timeout;

use super::World;

/// Longer than anything takes here that ends.
const LONG: Duration = Duration::from_mins(1);

/// Polls a future once, and says whether it waits.
fn is_pending(future: Pin<&mut impl Future>) -> bool {
    let mut task = Context::from_waker(Waker::noop());
    future.poll(&mut task).is_pending()
}

#[tokio::test]
async fn a_future_that_waits_unpolled_keeps_one_connection_from_others_and_no_more() {
    let world = World::with(|options| options.max_connections = 2).await;
    let (mut one, mut two, mut asleep) = (world.db.shared(), world.db.shared(), world.db.shared());
    let (held, other) = (one.begin().await.unwrap(), two.begin().await.unwrap());
    let mut sleeper = pin!(Plan::query().count(&mut asleep));
    assert!(is_pending(sleeper.as_mut()));
    assert_eq!(world.db.pool_status().waiting, 1);
    held.rollback().await.unwrap();
    other.rollback().await.unwrap();
    for _ in 0..3 {
        let mut shared = world.db.shared();
        let served = timeout(LONG, Plan::query().count(&mut shared)).await;
        served.expect("the pool has another connection").unwrap();
    }
    sleeper.await.unwrap();
    assert_eq!(world.db.pool_status().waiting, 0);
}

#[tokio::test]
async fn who_waited_behind_a_future_that_nobody_polls_is_woken() {
    let world = World::with(|options| options.max_connections = 2).await;
    let (mut one, mut two, mut asleep) = (world.db.shared(), world.db.shared(), world.db.shared());
    let (held, other) = (one.begin().await.unwrap(), two.begin().await.unwrap());
    let mut sleeper = pin!(Plan::query().count(&mut asleep));
    assert!(is_pending(sleeper.as_mut()));
    let db = world.db.clone();
    let behind = tokio::spawn(async move { Plan::query().count(&mut db.shared()).await });
    while world.db.pool_status().waiting < 2 {
        tokio::task::yield_now().await;
    }
    held.rollback().await.unwrap();
    other.rollback().await.unwrap();
    let served = timeout(LONG, behind).await;
    served
        .expect("the pool has another connection")
        .unwrap()
        .unwrap();
    sleeper.await.unwrap();
}

#[tokio::test]
async fn a_future_that_nobody_polls_loses_its_place_when_its_time_is_over() {
    let wait = Duration::from_millis(300);
    let world = World::with(|options| {
        options.max_connections = 1;
        options.wait = wait;
    });
    let world = world.await;
    let (mut one, mut asleep) = (world.db.shared(), world.db.shared());
    let held = one.begin().await.unwrap();
    let mut sleeper = pin!(Plan::query().count(&mut asleep));
    assert!(is_pending(sleeper.as_mut()));
    held.rollback().await.unwrap();
    tokio::time::sleep(wait * 2).await;
    Plan::query().count(&mut world.db.shared()).await.unwrap();
    let late = sleeper.await.unwrap_err();
    assert_eq!(late.kind(), ErrorKind::Resources);
    let status = world.db.pool_status();
    assert_eq!((status.waiting, status.open, status.idle), (0, 1, 1));
}
