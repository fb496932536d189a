//! Writes of rows that are awaited, and dropped meanwhile.

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

#[tokio::test]
async fn rows_of_named_fields_are_made_in_one_task_and_inserted_in_another() {
    let world = World::new().await;
    let mut acme = world.acme().await;
    let pro = plan(&mut acme, "pro").await;
    let row = |name: &str| {
        new!(Customer {
            name: name.to_owned(),
            email: format!("{name}@x.example"),
            plan: &pro
        })
    };
    let (ann, others) = (row("Ann"), ["Bob", "Cid"].map(row));
    let mut scope = world.acme().await;
    let inserted = tokio::spawn(async move {
        let ann = Customer::insert(ann).returning(&mut scope).await?;
        let others = Customer::insert_many(others).execute(&mut scope).await?;
        Ok::<_, tenantry::Error>((ann.name.clone(), others))
    });
    assert_eq!(inserted.await.unwrap().unwrap(), ("Ann".to_owned(), 2));
    // A future that is dropped at any await has inserted the row once or not at all.
    for times in 0.. {
        let name = format!("n{times}");
        let done = polled(times, Customer::insert(row(&name)).execute(&mut acme)).await;
        world.settles().await;
        let named = Customer::query().filter(Customer::NAME.eq(&*name));
        assert!(named.count(&mut acme).await.unwrap() <= 1);
        if let Some(done) = done {
            done.unwrap();
            break;
        }
    }
    // The row of another tenant is refused before anything is sent.
    let ann = Customer::query().filter(Customer::NAME.eq("Ann"));
    let ann = ann.one(&mut acme).await.unwrap();
    let foreign = new!(Customer {
        name: "Dan",
        email: "d@x.example",
        plan: &pro,
        referred_by: &ann
    });
    let mut globex = world.db.tenant(&key("globex")).await.unwrap();
    let refused = Customer::insert(foreign).execute(&mut globex).await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::ForeignRow);
    assert_eq!(Customer::query().count(&mut globex).await.unwrap(), 0);
}
