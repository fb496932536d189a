//! Rows that come as a task asks for them.

use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::{StreamExt, TryStreamExt};
use tenantry::prelude::*;
use tenantry::{ErrorKind, sql};
use tenantry_tests::shop::{Customer, NewPlan, Plan};
use tokio::time::sleep;

use super::{World, add, names};

/// Rows of 100 bytes, so many that no buffer of the system holds them.
const MANY: i64 = 300_000;

fn writes() -> &'static str {
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'ClientWrite'"
}

/// A customer with a plan.
#[derive(Row)]
struct Told {
    name: String,
    code: String,
}

async fn waits_for_us(world: &World) {
    let since = Instant::now();
    while world.look(writes()) == 0 {
        assert!(since.elapsed() < Duration::from_mins(2), "all was sent");
        sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_query_is_a_stream_and_can_be_sent_to_other_threads() {
    let world = World::new().await;
    let mut acme = world.acme().await;
    for name in ["Ann", "Bob", "Cid"] {
        add(&mut acme, name).await.unwrap();
    }
    let task = tokio::spawn(async move {
        let customers = Customer::query()
            .order_by(Customer::ID.asc())
            .join(Customer::PLAN);
        let rows = customers.stream(&mut acme);
        let rows: Vec<_> = rows.try_collect().await.unwrap();
        let told: Vec<String> = rows
            .iter()
            .map(|(customer, plan)| format!("{} {}", customer.name, plan.code))
            .collect();
        assert_eq!(told, ["Ann free", "Bob free", "Cid free"]);
        // A struct of named fields, typed and by hand.
        let rows = Customer::query()
            .order_by(Customer::ID.desc())
            .select(SelectTold {
                code: Customer::PLAN.to(Plan::CODE),
                name: Customer::NAME,
            })
            .stream(&mut acme);
        let rows: Vec<Told> = rows.try_collect().await.unwrap();
        let raw =
            sql!("SELECT 'pro' AS code, {Customer.name} FROM {Customer} ORDER BY {Customer.id}");
        let by_hand = acme.sql(raw).stream::<Told>();
        let by_hand: Vec<Told> = by_hand.try_collect().await.unwrap();
        let told = rows
            .iter()
            .chain(&by_hand)
            .map(|row| format!("{} {}", row.name, row.code));
        let expected = [
            "Cid free", "Bob free", "Ann free", "Ann pro", "Bob pro", "Cid pro",
        ];
        assert_eq!(told.collect::<Vec<_>>(), expected);
        // The rows are saved as any others.
        let mut rows = Customer::query().stream(&mut acme);
        let mut first = rows.next().await.unwrap().unwrap();
        drop(rows);
        first.note = Some("seen".to_owned());
        first.save(&mut acme).await.unwrap();
        let seen = sql!("SELECT {Customer.note} FROM {Customer} WHERE {Customer.note} IS NOT NULL");
        let rows = acme.sql(seen).stream::<String>();
        assert_eq!(pin!(rows).next().await.unwrap().unwrap(), "seen");
    });
    task.await.unwrap();
    world.all_back().await;
}

#[tokio::test]
async fn the_server_waits_for_whoever_takes_the_rows() {
    let world = World::new().await;
    let mut acme = world.acme().await;
    let sql = sql!("SELECT generate_series(1, $1), repeat('x', 100)");
    let mut rows = acme.sql(sql).bind(MANY).stream::<(i64, String)>();
    assert_eq!(rows.next().await.unwrap().unwrap().0, 1);
    waits_for_us(&world).await;
    let mut sum = 1;
    while let Some(row) = rows.next().await {
        sum += row.unwrap().0;
    }
    assert_eq!(sum, MANY * (MANY + 1) / 2);
    assert!(rows.next().await.is_none());
    drop(rows);
    assert_eq!(world.all_back().await, 1);
}

#[tokio::test]
async fn a_stream_that_is_dropped_is_cancelled() {
    let world = World::with(|options| options.max_connections = 1).await;
    let mut acme = world.acme().await;
    for taken in [0, 1, 100] {
        let sql = sql!("SELECT generate_series(1, $1), repeat('x', 100)");
        let mut rows = acme.sql(sql).bind(i64::MAX).stream::<(i64, String)>();
        for at in 1..=taken {
            assert_eq!(rows.next().await.unwrap().unwrap().0, at);
        }
        drop(rows);
        // The only connection comes back, or another in its place.
        assert!(names(&mut acme).await.is_empty());
        world.settles().await;
    }
    world.all_back().await;
}

#[tokio::test]
async fn in_a_transaction_what_comes_next_passes_over_the_rest() {
    let world = World::new().await;
    let mut acme = world.acme().await;
    let mut tx = acme.begin().await.unwrap();
    add(&mut tx, "Ann").await.unwrap();
    let sql = sql!("SELECT g FROM generate_series(1, 100000) AS t(g)");
    let mut rows = tx.sql(sql).stream::<i32>();
    assert_eq!(rows.next().await.unwrap().unwrap(), 1);
    drop(rows);
    let mut rows = Customer::query().stream(&mut tx);
    assert_eq!(rows.next().await.unwrap().unwrap().name, "Ann");
    assert!(rows.next().await.is_none());
    drop(rows);
    tx.commit().await.unwrap();
    assert_eq!(names(&mut acme).await, ["Ann"]);
    // A transaction that is given up is not waited for.
    let mut tx = acme.begin().await.unwrap();
    add(&mut tx, "Bob").await.unwrap();
    let sql = sql!("SELECT generate_series(1, $1), repeat('x', 100)");
    let mut rows = tx.sql(sql).bind(i64::MAX).stream::<(i64, String)>();
    assert_eq!(rows.next().await.unwrap().unwrap().0, 1);
    drop(rows);
    drop(tx);
    assert_eq!(names(&mut acme).await, ["Ann"]);
    world.settles().await;
    world.all_back().await;
}

#[tokio::test]
async fn a_row_that_does_not_fit_hides_no_other_and_an_error_of_the_server_ends_the_stream() {
    let world = World::new().await;
    let mut acme = world.acme().await;
    let sql = sql!("SELECT NULLIF(g, 2) FROM generate_series(1, 3) AS t(g)");
    let mut rows = acme.sql(sql).stream::<i32>();
    assert_eq!(rows.next().await.unwrap().unwrap(), 1);
    let error = rows.next().await.unwrap().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Decode, "{error}");
    assert_eq!(error.tenant().unwrap().as_str(), "acme");
    assert_eq!(rows.next().await.unwrap().unwrap(), 3);
    assert!(rows.next().await.is_none());
    drop(rows);
    let sql = sql!("SELECT 1 / (3 - g) FROM generate_series(1, 5) AS t(g)");
    let told: Vec<_> = acme.sql(sql).stream::<i32>().collect().await;
    assert_eq!(told.len(), 3);
    let error = told[2].as_ref().unwrap_err();
    assert_eq!(error.sqlstate(), Some("22012"), "{error}");
    assert_eq!(error.tenant().unwrap().as_str(), "acme");
    // The transaction knows.
    let outcome = acme.transaction(async |tx| {
        let sql = sql!("SELECT 1 / (3 - g) FROM generate_series(1, 5) AS t(g)");
        let told: Vec<_> = tx.sql(sql).stream::<i32>().collect().await;
        assert!(told[2].is_err());
        Ok(())
    });
    assert_eq!(outcome.await.unwrap_err().kind(), ErrorKind::Aborted);
    world.all_back().await;
}

#[tokio::test]
async fn the_time_of_whoever_takes_the_rows_does_not_count() {
    let limit = Duration::from_secs(2);
    let world = World::with(|options| options.statement_timeout = Some(limit)).await;
    let mut acme = world.acme().await;
    let sql = sql!("SELECT generate_series(1, $1), repeat('x', 100)");
    let mut rows = acme.sql(sql).bind(MANY).stream::<(i64, String)>();
    assert_eq!(rows.next().await.unwrap().unwrap().0, 1);
    sleep(limit * 2).await;
    let rest = rows
        .by_ref()
        .try_fold(1_i64, async |count, _| Ok(count + 1));
    assert_eq!(rest.await.unwrap(), MANY);
    drop(rows);
    // Their server's does.
    let sql =
        sql!("SELECT g FROM generate_series(1, 2) AS t(g) WHERE g = 1 OR pg_sleep(600) IS NULL");
    let told: Vec<_> = acme.sql(sql).stream::<i32>().collect().await;
    let error = told.last().unwrap().as_ref().unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
    world.all_back().await;
}

#[tokio::test]
async fn what_the_server_has_rounded_is_rounded_again_in_a_stream() {
    let world = World::new().await;
    let mut acme = world.acme().await;
    let mut shared = world.db.shared();
    let new = NewPlan::new("five", Decimal::from(5));
    Plan::insert(new).execute(&mut shared).await.unwrap();
    let five = || Plan::query().filter(Plan::CODE.eq("five"));
    // The server gives it as 0.00000000000016666666666666666667.
    let small = || Plan::MONTHLY / Decimal::from(30_000_000_000_000_i64);
    let rounded: Decimal = "0.0000000000001666666666666667".parse().unwrap();
    let each: Vec<Decimal> = five()
        .select(small())
        .stream(&mut acme)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(each, [rounded]);
    let average: Vec<Option<Decimal>> = five()
        .select(small().avg())
        .stream(&mut acme)
        .try_collect()
        .await
        .unwrap();
    assert_eq!(average, [Some(rounded)]);
    // So is a sum of quotients.
    let sum = five().select(small().sum()).stream(&mut acme);
    let sum: Vec<Option<Decimal>> = sum.try_collect().await.unwrap();
    assert_eq!(sum, [Some(rounded)]);
}

#[tokio::test]
async fn a_stream_locks_its_rows_until_the_transaction_ends() {
    let world = World::new().await;
    let (mut one, mut other) = (world.acme().await, world.acme().await);
    for name in ["Ann", "Bob", "Cid"] {
        add(&mut one, name).await.unwrap();
    }
    let ordered = || Customer::query().order_by(Customer::NAME.asc());
    let locked = one.transaction(async |one| {
        let rows = ordered().limit(2).for_update().stream(one);
        let rows: Vec<_> = rows.try_collect().await?;
        let told = other.transaction(async |other| {
            let free = ordered().for_share().skip_locked().stream(other);
            let free: Vec<_> = free.try_collect().await?;
            let mut taken = ordered().for_update().no_wait().stream(other);
            let refused = taken.next().await.unwrap().unwrap_err();
            assert_eq!(refused.kind(), ErrorKind::LockTimeout);
            assert!(taken.next().await.is_none());
            Ok(free)
        });
        // What is refused undoes the transaction in which it was.
        assert!(told.await.is_err());
        let free = other.transaction(async |other| {
            let free = ordered().for_share().skip_locked().stream(other);
            free.try_collect::<Vec<_>>().await
        });
        Ok((rows, free.await?))
    });
    let (rows, free) = locked.await.unwrap();
    assert_eq!((&*rows[0].name, &*rows[1].name), ("Ann", "Bob"));
    assert_eq!((free.len(), &*free[0].name), (1, "Cid"));
    let mut alone = ordered().for_update().stream(&mut one);
    let refused = alone.next().await.unwrap().unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Configuration);
    assert!(alone.next().await.is_none());
}

#[tokio::test]
async fn queries_of_queries_are_streams_too() {
    let world = World::new().await;
    let mut acme = world.acme().await;
    for name in ["Ann", "Bob", "Cid"] {
        add(&mut acme, name).await.unwrap();
    }
    let named = |name| Customer::query().filter(Customer::NAME.eq(name));
    let both = named("Ann")
        .union(named("Cid"))
        .order_by(Customer::NAME.desc());
    let rows: Vec<_> = both.stream(&mut acme).try_collect().await.unwrap();
    assert_eq!((rows.len(), &*rows[0].name), (2, "Cid"));
    let found = Customer::find_many(&rows).all(&mut acme).await.unwrap();
    assert_eq!(found.len(), 2);
    let all = Customer::query().select(Customer::NAME).once();
    let last = all.query().order_by(Customer::NAME.desc()).limit(1);
    let last = all.query().filter(Customer::NAME.in_query(last));
    assert_eq!(last.one(&mut acme).await.unwrap(), "Cid");
    let pair = (Customer::NAME, Customer::ID).is_in([("Ann", rows[1].id), ("Bob", rows[1].id)]);
    let pair = Customer::query().filter(pair).stream(&mut acme);
    assert_eq!(pair.try_collect::<Vec<_>>().await.unwrap().len(), 1);
}
