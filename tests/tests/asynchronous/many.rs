//! Writes of many rows that are awaited, and dropped meanwhile.

use super::*;

/// More rows than a statement holds, so that they are a transaction.
const MANY: i64 = 17_000;

fn rows(plan: &Stored<Plan>) -> impl Iterator<Item = NewCustomer> + Send {
    let plan = plan.key();
    (0..MANY).map(move |n| NewCustomer::new("x", format!("{n}@x.example"), plan))
}

#[tokio::test]
async fn an_insert_of_many_rows_that_is_dropped_at_any_await_is_whole_or_absent() {
    let world = World::with(|options| options.max_connections = 2).await;
    let mut acme = world.acme().await;
    let pro = plan(&mut acme, "pro").await;
    for times in 0.. {
        let insert = Customer::insert_many(rows(&pro)).execute(&mut acme);
        let done = polled(times, insert).await;
        world.settles().await;
        let count = Customer::query().count(&mut acme).await.unwrap();
        if let Some(done) = done {
            assert_eq!((done.unwrap().cast_signed(), count), (MANY, MANY));
            assert!(times > 3, "it is a transaction");
            break;
        }
        assert!(count == 0 || count == MANY, "{times}: {count}");
        Customer::delete_where(Customer::everything())
            .execute(&mut acme)
            .await
            .unwrap();
    }
    assert!(world.all_back().await <= 2);
}

#[tokio::test]
async fn an_insert_of_many_rows_that_is_dropped_in_a_transaction_undoes_no_other_work() {
    let world = World::with(|options| options.max_connections = 1).await;
    let mut acme = world.acme().await;
    let pro = plan(&mut acme, "pro").await;
    for times in 0.. {
        let outcome = acme.transaction(async |tx| {
            add(tx, "before").await?;
            let insert = Customer::insert_many(rows(&pro)).execute(tx);
            let done = polled(times, insert).await;
            add(tx, "behind").await?;
            Ok(done)
        });
        let outcome = outcome.await;
        let count = Customer::query().count(&mut acme).await.unwrap();
        match outcome {
            Ok(Some(done)) => {
                assert_eq!((done.unwrap().cast_signed(), count), (MANY, MANY + 2));
                assert!(times > 3, "it is a savepoint");
                break;
            }
            Ok(None) => assert_eq!(count, 2, "{times}"),
            // It was dropped while its savepoint was released: then the whole is given up.
            Err(error) => assert_eq!((times, count), (4, 0), "{error}"),
        }
        Customer::delete_where(Customer::everything())
            .execute(&mut acme)
            .await
            .unwrap();
    }
    world.settles().await;
}

#[tokio::test]
async fn many_rows_come_back_in_their_order() {
    let world = World::new().await;
    let mut acme = world.acme().await;
    let pro = plan(&mut acme, "pro").await;
    let insert = Customer::insert_many(rows(&pro)).returning(&mut acme);
    for (n, row) in insert.await.unwrap().iter().enumerate() {
        assert_eq!(row.email, format!("{n}@x.example"));
    }
}
