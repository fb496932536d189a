//! Futures that are dropped at any await leave nothing behind.

use super::*;

#[tokio::test]
async fn a_transaction_that_is_dropped_at_any_await_is_whole_or_absent() {
    let world = World::with(|options| options.max_connections = 2).await;
    let mut acme = world.acme().await;
    for times in 0.. {
        let before = names(&mut acme).await;
        let (one, two) = (format!("a{times}"), format!("b{times}"));
        let work = acme.transaction(async |tx| {
            add(tx, &one).await?;
            tx.transaction(async |tx| add(tx, &two).await).await
        });
        let done = polled(times, work).await;
        world.settles().await;
        let after = names(&mut acme).await;
        let is_whole = after.len() == before.len() + 2;
        assert!(
            is_whole || after == before,
            "{times}: {before:?}, {after:?}"
        );
        if let Some(done) = done {
            done.unwrap();
            assert!(is_whole);
            break;
        }
    }
    assert!(world.all_back().await <= 2);
}

#[tokio::test]
async fn a_statement_that_is_dropped_is_cancelled_on_the_server_and_its_scope_goes_on() {
    let world = World::with(|options| options.max_connections = 1).await;
    let mut shared = world.db.shared();
    let sleep = shared.sql(sql!("SELECT pg_sleep(600)")).execute();
    world.left_asleep(sleep).await;
    // There is one connection: the next statement has it when the other is over.
    assert_eq!(Plan::query().count(&mut shared).await.unwrap(), 2);
    world.settles().await;
    // In a transaction the whole of it.
    let sleep = shared.transaction(async |tx| {
        tx.sql(sql!("SELECT FROM {Plan} FOR SHARE"))
            .execute()
            .await?;
        tx.sql(sql!("SELECT pg_sleep(600)")).execute().await
    });
    world.left_asleep(sleep).await;
    world.settles().await;
    // And of one within, whose statement is still running.
    let sleep = shared.transaction(async |tx| {
        tx.transaction(async |tx| tx.sql(sql!("SELECT pg_sleep(600)")).execute().await)
            .await
    });
    world.left_asleep(sleep).await;
    world.settles().await;
    assert_eq!(Plan::query().count(&mut shared).await.unwrap(), 2);
}

#[tokio::test]
async fn a_scope_that_is_dropped_with_something_open_leaves_nothing() {
    let world = World::with(|options| options.max_connections = 1).await;
    for _ in 0..5 {
        let mut shared = world.db.shared();
        let sleep = shared.sql(sql!("SELECT pg_sleep(600)")).execute();
        world.left_asleep(sleep).await;
        drop(shared);
        let mut shared = world.db.shared();
        let mut tx = shared.begin().await.unwrap();
        let sleep = tx.sql(sql!("SELECT pg_sleep(600)")).execute();
        world.left_asleep(sleep).await;
        drop(tx);
        drop(shared);
    }
    world.settles().await;
}

#[tokio::test]
async fn a_statement_of_a_transaction_that_is_dropped_is_the_commits_to_tell() {
    let world = World::new().await;
    let mut acme = world.acme().await;
    add(&mut acme, "Ann").await.unwrap();
    let outcome = acme
        .transaction(async |tx| {
            let twice = Customer::update_where(Customer::NAME.eq("Ann")).set(Customer::NAME, " ");
            assert!(polled(1, twice.execute(tx)).await.is_none());
            Ok(())
        })
        .await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Aborted);
    let fine = acme
        .transaction(async |tx| {
            let change =
                Customer::update_where(Customer::NAME.eq("Ann")).set(Customer::NAME, "Bob");
            assert!(polled(1, change.execute(tx)).await.is_none());
            Ok(())
        })
        .await;
    fine.unwrap();
    assert_eq!(names(&mut acme).await, ["Bob"]);
}

#[tokio::test]
async fn a_savepoint_that_is_dropped_takes_its_own_work_with_it_or_the_whole() {
    let world = World::new().await;
    let mut acme = world.acme().await;
    let mut ends = [0; 3];
    for times in 0.. {
        let before = names(&mut acme).await;
        let mut over = false;
        let (one, two, three) = (
            format!("{times}a"),
            format!("{times}b"),
            format!("{times}c"),
        );
        let outer = acme
            .transaction(async |tx| {
                add(tx, &one).await?;
                let inner = tx.transaction(async |tx| add(tx, &two).await);
                over = polled(times, inner).await.is_some();
                add(tx, &three).await
            })
            .await;
        let after = names(&mut acme).await;
        let new = &after[before.len()..];
        match (&outer, over) {
            (Ok(_), true) => assert_eq!(new, [&*one, &*two, &*three]),
            (Ok(_), false) => assert_eq!(new, [&*one, &*three]),
            // Whether the savepoint's work was taken over could not be told.
            (Err(error), over) => {
                assert!(!over, "{error}");
                assert!(new.is_empty());
            }
        }
        ends[match (&outer, over) {
            (Ok(_), true) => 0,
            (Ok(_), false) => 1,
            (Err(_), _) => 2,
        }] += 1;
        if over {
            break;
        }
    }
    assert!(ends[0] == 1 && ends[1] > 0, "{ends:?}");
}

#[tokio::test]
async fn rows_that_are_told_one_by_one_can_be_left_at_any_await() {
    let world = World::with(|options| options.max_connections = 1).await;
    let mut acme = world.acme().await;
    for number in 0..100 {
        add(&mut acme, &format!("c{number}")).await.unwrap();
    }
    for times in 0.. {
        let mut told = 0;
        let each = Customer::query().for_each(&mut acme, |_| {
            told += 1;
            Ok(())
        });
        let done = polled(times, each).await;
        let all = Customer::query().count(&mut acme).await.unwrap();
        assert_eq!(all, 100);
        if let Some(done) = done {
            assert_eq!((done.unwrap(), told), (100, 100));
            break;
        }
    }
    let ended = Customer::query().for_each(&mut acme, |_| Err(key_error().into()));
    assert!(ended.await.is_err());
    assert_eq!(names(&mut acme).await.len(), 100);
    world.settles().await;
}

#[tokio::test]
async fn what_the_server_refuses_after_an_error_of_a_row_keeps_the_transaction_from_being_committed()
 {
    let world = World::new().await;
    let mut acme = world.acme().await;
    let outcome = acme
        .transaction(async |tx| {
            add(tx, "Ann").await?;
            let rows = sql!("SELECT 10 / (100000 - n) FROM generate_series(1, 200000) AS n");
            let each = tx.sql(rows).for_each::<i32>(|_| Err(key_error().into()));
            assert_eq!(each.await.unwrap_err().kind(), ErrorKind::Name);
            Ok(())
        })
        .await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Aborted);
    assert!(names(&mut acme).await.is_empty());
}

fn key_error() -> tenantry::NameError {
    TenantKey::new("").unwrap_err()
}
