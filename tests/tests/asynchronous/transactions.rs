//! Transactions, savepoints, and the guards that roll back.

use tenantry::Error;

use super::*;

#[tokio::test]
async fn a_transaction_is_committed_by_ok_and_rolled_back_by_an_error() {
    let world = World::new().await;
    let mut acme = world.acme().await;
    let kept = acme.transaction(async |tx| add(tx, "Ann").await).await;
    assert_eq!(kept.unwrap().name, "Ann");
    let outcome: Result<(), Error> = acme
        .transaction(async |tx| {
            add(tx, "Bob").await?;
            add(tx, "Bob").await?;
            Ok(())
        })
        .await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Unique);
    assert_eq!(names(&mut acme).await, ["Ann"]);
}

#[tokio::test]
async fn an_error_of_the_application_comes_back_as_it_is() {
    #[derive(Debug)]
    enum Mine {
        Full,
        #[expect(dead_code, reason = "it is there to be made")]
        Of(Error),
    }
    impl From<Error> for Mine {
        fn from(error: Error) -> Self {
            Self::Of(error)
        }
    }
    let world = World::new().await;
    let mut acme = world.acme().await;
    let outcome = acme
        .transaction_with_error(async |tx| -> Result<(), Mine> {
            add(tx, "Ann").await?;
            Err(Mine::Full)
        })
        .await;
    assert!(matches!(outcome, Err(Mine::Full)));
    assert!(names(&mut acme).await.is_empty());
}

#[tokio::test]
async fn a_savepoint_takes_back_its_own_work_only() {
    let world = World::new().await;
    let mut acme = world.acme().await;
    acme.transaction(async |tx| {
        add(tx, "Ann").await?;
        let inner: Result<(), Error> = tx
            .transaction(async |tx| {
                add(tx, "Bob").await?;
                add(tx, "Ann").await.map(drop)
            })
            .await;
        assert_eq!(inner.unwrap_err().kind(), ErrorKind::Unique);
        let guard = tx.begin().await?;
        drop(guard);
        let mut guard = tx.begin().await?;
        add(&mut guard, "Cid").await?;
        guard.commit().await?;
        let mut guard = tx.begin().await?;
        add(&mut guard, "Dan").await?;
        guard.rollback().await
    })
    .await
    .unwrap();
    assert_eq!(names(&mut acme).await, ["Ann", "Cid"]);
}

#[tokio::test]
async fn a_failure_that_nobody_returns_keeps_a_transaction_from_being_committed() {
    let world = World::new().await;
    let mut acme = world.acme().await;
    let outcome = acme
        .transaction(async |tx| {
            add(tx, "Ann").await?;
            drop(add(tx, "Ann").await);
            Ok(())
        })
        .await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Aborted);
    let mut tx = acme.begin().await.unwrap();
    add(&mut tx, "Ann").await.unwrap();
    drop(add(&mut tx, "Ann").await);
    let error = tx.commit().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Aborted);
    assert!(names(&mut acme).await.is_empty());
    world.settles().await;
}

#[tokio::test]
async fn a_guard_that_is_dropped_rolls_back_without_anybody_waiting() {
    let world = World::new().await;
    let mut acme = world.acme().await;
    let mut tx = acme.begin().await.unwrap();
    let mut row = add(&mut tx, "Ann").await.unwrap();
    drop(tx);
    world.settles().await;
    assert!(names(&mut acme).await.is_empty());
    // The row knows that it is not there.
    row.name = "Bob".to_owned();
    let error = row.save(&mut acme).await.unwrap_err();
    assert!(error.is_stale(), "{error}");
}

#[tokio::test]
async fn a_panic_rolls_back() {
    let world = World::new().await;
    let db = world.db.clone();
    let task = tokio::spawn(async move {
        let mut acme = db.tenant(&key("acme")).await.unwrap();
        let outcome: Result<(), Error> = acme
            .transaction(async |tx| {
                add(tx, "Ann").await?;
                panic!("of the application");
            })
            .await;
        outcome.unwrap();
    });
    assert!(task.await.unwrap_err().is_panic());
    world.settles().await;
    assert!(names(&mut world.acme().await).await.is_empty());
}
