//! The blocking database in asynchronous programs: nothing panics or aborts, wherever it is used and dropped.

use std::panic::{AssertUnwindSafe, catch_unwind};

use tenantry::exec::blocking;
use tenantry::prelude::*;
use tenantry::testing::TestDb;
use tenantry::{Error, ErrorKind};
use tenantry_tests::Shop;
use tenantry_tests::shop::{Customer, NewCustomer, Plan};

/// All that an application does, on the thread that calls it. The caller drops what is left.
fn use_all(shop: &Shop) -> (Database, TenantScope, SharedScope) {
    let db = Database::connect(shop.database().url()).unwrap();
    let acme = TenantKey::new("acme").unwrap();
    db.tenants().create(&acme).unwrap();
    db.tenants()
        .create_with(&TenantKey::new("globex").unwrap(), |tx| {
            Customer::insert(NewCustomer::new("Zoe", "zoe@x.example", 1)).execute(tx)
        })
        .unwrap();
    let mut scope = db.tenant(&acme).unwrap();
    let added = scope.transaction(|tx| {
        let new = NewCustomer::new("Ann", "ann@x.example", 1);
        let mut ann = Customer::insert(new).returning(tx)?;
        ann.name = "Anna".to_owned();
        ann.save(tx)?;
        tx.transaction(|inner| Customer::delete_where(Customer::NAME.eq("Zoe")).execute(inner))?;
        Ok::<_, Error>(ann.id)
    });
    assert!(added.is_ok());
    let failed = scope.transaction(|tx| {
        Customer::delete_where(Customer::everything()).execute(tx)?;
        Err::<(), Error>(
            Customer::find(tenantry_tests::shop::CustomerId(77))
                .one(tx)
                .unwrap_err(),
        )
    });
    assert!(failed.unwrap_err().is_not_found());
    let panicked = catch_unwind(AssertUnwindSafe(|| {
        scope.transaction(|_| -> Result<(), Error> { panic!("in a closure") })
    }));
    assert!(panicked.is_err());
    let client = scope.client();
    blocking(|| client.batch_execute("CREATE TEMP TABLE left_over (a int)")).unwrap();
    assert_eq!(Customer::query().count(&mut scope).unwrap(), 1);
    let mut shared = db.shared().unwrap();
    assert_eq!(Plan::query().count(&mut shared).unwrap(), 2);
    // Two that go back into the pool idle.
    drop((db.shared().unwrap(), db.shared().unwrap()));
    (db, scope, shared)
}

#[tokio::test]
async fn everything_works_on_the_only_thread_of_a_runtime() {
    let shop = Shop::new();
    let (db, scope, shared) = use_all(&shop);
    tokio::task::yield_now().await;
    drop(scope);
    drop(db);
    drop(shared);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn everything_works_on_the_threads_of_a_runtime() {
    let shop = Shop::new();
    let task = tokio::spawn(async move {
        let left = use_all(&shop);
        tokio::task::yield_now().await;
        drop(left);
        shop
    });
    let shop = task.await.unwrap();
    let left = tokio::task::block_in_place(|| {
        let db = Database::connect(shop.database().url()).unwrap();
        db.shared().unwrap()
    });
    drop(left);
}

#[tokio::test]
async fn what_spawn_blocking_has_made_is_dropped_anywhere() {
    let shop = Shop::new();
    let (shop, left) = tokio::task::spawn_blocking(move || {
        let left = use_all(&shop);
        (shop, left)
    })
    .await
    .unwrap();
    drop(left);
    drop(shop);
}

#[test]
fn a_task_that_is_thrown_away_with_its_runtime_gives_its_scopes_back() {
    let shop = Shop::new();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let db = Database::connect(shop.database().url()).unwrap();
    let theirs = db.clone();
    runtime.block_on(async {
        let (held, waits) = tokio::sync::oneshot::channel();
        tokio::spawn(async move {
            let scope = theirs.shared().unwrap();
            held.send(()).unwrap();
            std::future::pending::<()>().await;
            drop(scope);
        });
        waits.await.unwrap();
    });
    drop(runtime);
    assert_eq!(Plan::query().count(&mut db.shared().unwrap()).unwrap(), 2);
}

#[tokio::test]
async fn a_test_database_is_made_and_dropped_in_an_asynchronous_test() {
    let database = TestDb::new();
    let answer: i32 = blocking(|| {
        let mut client = database.connect();
        client.query_one("SELECT 1", &[]).unwrap().get(0)
    });
    assert_eq!(answer, 1);
    let name = database.name().to_owned();
    drop(database);
    let other = TestDb::new();
    let left: i64 = blocking(|| {
        let sql = "SELECT count(*) FROM pg_catalog.pg_database WHERE datname = $1";
        other.connect().query_one(sql, &[&name]).unwrap().get(0)
    });
    assert_eq!(left, 0);
}

#[tokio::test]
async fn an_address_that_leads_nowhere_is_an_error_there_too() {
    let error = Database::connect("postgres://app@127.0.0.1:1/app").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
}

#[tokio::test]
async fn a_migrator_runs_there_and_its_keeper_is_dropped() {
    let shop = Shop::new();
    let db = Database::connect(shop.database().url()).unwrap();
    let keeper = db.tenants().keep_standbys(1);
    drop(keeper);
    assert_eq!(
        db.tenants()
            .list(&tenantry::tenant::TenantFilter::default())
            .unwrap()
            .len(),
        0
    );
}

#[test]
fn a_panic_reaches_the_caller_from_whatever_thread_does_the_work() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    for inside in [false, true] {
        let _entered = inside.then(|| runtime.enter());
        let panic = catch_unwind(|| blocking(|| panic!("at work"))).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"at work"));
    }
}
