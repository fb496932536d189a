//! Databases, scopes and transactions of asynchronous programs.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod advisory;
mod changes;
mod closed;
mod connections;
mod copies;
mod creation;
mod dropped;
mod explain;
mod get_or_insert;
mod isolation;
mod known;
mod limits;
mod many;
mod many_changes;
mod network;
mod pages;
mod poolers;
mod registry;
mod soak;
mod streams;
mod transactions;
mod unpolled;

use std::future::Future;
use std::time::{Duration, Instant};

use postgres::NoTls;
use tenantry::exec::blocking;
use tenantry::prelude::*;
use tenantry::tokio::{Database, Options, SharedScope, TenantScope};
use tenantry::{ErrorKind, sql};
use tenantry_tests::Shop;
use tenantry_tests::shop::{Customer, CustomerId, NewCustomer, Payment, Plan};
use tokio::time::{sleep, timeout};

/// A shop with the tenants `acme` and `globex`, and its database for tasks.
pub(crate) struct World {
    pub(crate) shop: Shop,
    pub(crate) db: Database,
}

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Options)) -> Self {
        let shop = blocking(|| {
            let shop = Shop::new();
            drop((shop.tenant("acme"), shop.tenant("globex")));
            shop
        });
        let mut options = Options::default();
        change(&mut options);
        let config = shop.database().config();
        let db = Database::connect_with(&config, NoTls, options).await;
        Self {
            shop,
            db: db.unwrap(),
        }
    }

    pub(crate) async fn acme(&self) -> TenantScope {
        self.db.tenant(&key("acme")).await.unwrap()
    }

    /// Looks as somebody else.
    pub(crate) fn look(&self, sql: &str) -> i64 {
        blocking(|| {
            let mut client = self.shop.database().connect();
            client.query_one(sql, &[]).unwrap().get(0)
        })
    }

    /// Waits until all connections are back in the pool, and returns how many there are.
    pub(crate) async fn all_back(&self) -> usize {
        let since = Instant::now();
        loop {
            let status = self.db.pool_status();
            if status.open == status.idle {
                return status.open;
            }
            assert!(since.elapsed() < Duration::from_mins(2), "{status:?}");
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Polls a future until the server is asleep for it, and drops it there.
    pub(crate) async fn left_asleep<T>(&self, future: impl Future<Output = T>) {
        // A sleep that was left before may still be on its way to be cancelled.
        let begun = self.look("SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint");
        let asleep = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep' \
             AND (extract(epoch FROM query_start) * 1000000)::bigint > {begun}"
        );
        let since = Instant::now();
        let mut future = std::pin::pin!(future);
        while self.look(&asleep) == 0 {
            let over = timeout(Duration::from_millis(5), &mut future).await;
            assert!(over.is_err(), "it is over, and did not sleep");
            assert!(since.elapsed() < Duration::from_mins(2), "nobody sleeps");
        }
    }

    /// Changes something as somebody else.
    pub(crate) fn change(&self, sql: &str) {
        blocking(|| self.shop.database().connect().batch_execute(sql)).unwrap();
    }

    /// Waits until nobody has anything open. Meanwhile the runtime works on.
    pub(crate) async fn settles(&self) {
        let open = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() \
                    AND pid <> pg_backend_pid() AND (state <> 'idle' OR xact_start IS NOT NULL)";
        let since = Instant::now();
        while self.look(open) > 0 {
            assert!(
                since.elapsed() < Duration::from_mins(2),
                "something is open"
            );
            sleep(Duration::from_millis(5)).await;
        }
        let locks = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid() \
                     AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
        assert_eq!(self.look(locks), 0);
    }
}

pub(crate) fn key(key: &str) -> TenantKey {
    TenantKey::new(key).unwrap()
}

pub(crate) async fn plan(scope: &mut TenantScope, code: &str) -> Stored<Plan> {
    let plan = Plan::query().filter(Plan::CODE.eq(code));
    plan.one(scope).await.unwrap()
}

/// Adds a customer.
pub(crate) async fn add(scope: &mut TenantScope, name: &str) -> tenantry::Result<Stored<Customer>> {
    let free = Plan::query()
        .filter(Plan::CODE.eq("free"))
        .one(scope)
        .await?;
    let email = format!("{name}@example.com");
    Customer::insert(NewCustomer::new(name, email, &free))
        .returning(scope)
        .await
}

pub(crate) async fn names(scope: &mut TenantScope) -> Vec<String> {
    let all = Customer::query()
        .order_by(Customer::ID.asc())
        .all(scope)
        .await;
    all.unwrap().iter().map(|it| it.name.clone()).collect()
}

pub(crate) async fn pid(scope: &mut SharedScope) -> i32 {
    let pid = scope.sql(sql!("SELECT pg_backend_pid()")).row::<i32>();
    pid.await.unwrap()
}

/// Polls a future so often, unless it is over before, and drops it then.
pub(crate) async fn polled<T>(times: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = Box::pin(future);
    let mut left = times;
    std::future::poll_fn(move |task| {
        if left == 0 {
            return std::task::Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(task).map(Some)
    })
    .await
}

#[tokio::test]
async fn queries_read_as_those_that_block_and_give_the_same() {
    let world = World::new().await;
    let mut acme = world.acme().await;
    let pro = plan(&mut acme, "pro").await;
    let new = NewCustomer::new("Ann", "ann@acme.example", &pro);
    let mut ann = Customer::insert(new).returning(&mut acme).await.unwrap();
    ann.note = Some("first".to_owned());
    ann.save(&mut acme).await.unwrap();
    let found = Customer::find(ann.id).one(&mut acme).await.unwrap();
    assert_eq!(found.note.as_deref(), Some("first"));
    let with_plans = Customer::query().join(Customer::PLAN).all(&mut acme).await;
    let with_plans = with_plans.unwrap();
    assert_eq!(with_plans[0].1.code, "pro");
    assert_eq!(Customer::query().count(&mut acme).await.unwrap(), 1);
    let of_pro = pro.related(Plan::CUSTOMERS).all(&mut acme).await.unwrap();
    assert_eq!(of_pro.len(), 1);
    let changed = Customer::update_where(Customer::NAME.eq("Ann"))
        .set(Customer::PAYMENT, Payment::BankTransfer)
        .execute(&mut acme)
        .await;
    assert_eq!(changed.unwrap(), 1);
    let mut told = Vec::new();
    let each = Customer::query().for_each(&mut acme, |customer| {
        told.push(customer.name.clone());
        Ok(())
    });
    assert_eq!(each.await.unwrap(), 1);
    assert_eq!(told, ["Ann"]);
    let by_hand = acme
        .sql(sql!(
            "SELECT name FROM {Customer} WHERE {Customer.email} = $1"
        ))
        .bind("ann@acme.example")
        .row::<String>()
        .await;
    assert_eq!(by_hand.unwrap(), "Ann");
    // The shared schema, over the same connection.
    let mut shared = acme.shared_mut();
    let mut plan = Plan::find(pro.id).one(&mut shared).await.unwrap();
    plan.monthly = Decimal::from(50);
    plan.save(&mut shared).await.unwrap();
    ann.delete(&mut acme).await.unwrap();
    assert!(names(&mut acme).await.is_empty());
    let mut globex = world.db.tenant(&key("globex")).await.unwrap();
    let missing = Customer::find(CustomerId(1)).one(&mut globex).await;
    assert!(missing.is_err_and(|error| error.is_not_found()));
}

#[tokio::test]
async fn another_tenants_row_is_refused_before_anything_is_sent() {
    let world = World::new().await;
    let mut acme = world.acme().await;
    let mut ann = add(&mut acme, "Ann").await.unwrap();
    let mut globex = world.db.tenant(&key("globex")).await.unwrap();
    ann.name = "Eve".to_owned();
    let error = ann.save(&mut globex).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ForeignRow);
    let text = error.to_string();
    assert!(text.contains("acme") && text.contains("globex"), "{text}");
}

/// Compiles for what can go to another thread and live there.
fn spawned(future: impl Future<Output = ()> + Send + 'static) {
    drop(tokio::spawn(future));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn all_futures_can_be_sent_to_other_threads() {
    let world = World::new().await;
    let db = world.db.clone();
    spawned(async move {
        let mut acme = db.tenant(&key("acme")).await.unwrap();
        let by = "x".to_owned();
        acme.transaction(async |tx| {
            add(tx, &by).await?;
            tx.transaction(async |tx| {
                add(tx, "inner").await?;
                names(tx).await;
                Ok(())
            })
            .await?;
            let mut shared = tx.shared_mut();
            let mut inner = shared.begin().await?;
            Plan::query().count(&mut inner).await?;
            inner.commit().await
        })
        .await
        .unwrap();
        let mut tx = acme.begin().await.unwrap();
        add(&mut tx, "guarded").await.unwrap();
        tx.commit().await.unwrap();
        let made = db
            .tenants()
            .create_with(&key("initech"), async |tx| add(tx, &by).await)
            .await;
        made.unwrap();
        db.tenants().suspend(&key("initech")).await.unwrap();
        db.blocking(|db| db.tenants().get(&key("initech")).map(drop))
            .await
            .unwrap();
    });
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let db = world.db.clone();
            tokio::spawn(async move {
                let mut scope = db.tenant(&key("globex")).await.unwrap();
                add(&mut scope, &format!("c{number}")).await.unwrap();
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
    let mut globex = world.db.tenant(&key("globex")).await.unwrap();
    assert_eq!(names(&mut globex).await.len(), 20);
}
