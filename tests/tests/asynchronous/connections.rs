//! Connections: taken for what is sent, given back in between, replaced when they are gone.

use std::collections::BTreeSet;

use super::*;

#[tokio::test]
async fn a_scope_has_a_connection_only_while_something_is_open() {
    let world = World::with(|options| {
        options.max_connections = 1;
        options.wait = Duration::from_millis(200);
    })
    .await;
    let mut scopes = Vec::new();
    for _ in 0..20 {
        scopes.push(world.acme().await);
    }
    for scope in &mut scopes {
        assert!(names(scope).await.is_empty());
    }
    let [one, two, ..] = &mut scopes[..] else {
        unreachable!()
    };
    let tx = one.begin().await.unwrap();
    let error = Customer::query().count(two).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Resources);
    assert!(error.to_string().contains("max_connections"), "{error}");
    tx.rollback().await.unwrap();
    assert_eq!(Customer::query().count(two).await.unwrap(), 0);
    let mut pinned = world.acme().await.pinned();
    names(&mut pinned).await;
    assert!(Customer::query().count(two).await.is_err());
    drop(pinned);
    assert_eq!(Customer::query().count(two).await.unwrap(), 0);
}

#[tokio::test]
async fn whoever_waits_is_served_in_the_order_of_coming_and_may_leave() {
    let world = World::with(|options| options.max_connections = 1).await;
    let mut holder = world.db.shared();
    let tx = holder.begin().await.unwrap();
    let order = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for number in 0..6 {
        let (db, order) = (world.db.clone(), std::sync::Arc::clone(&order));
        let waits = async move {
            let mut shared = db.shared();
            Plan::query().count(&mut shared).await.unwrap();
            order.lock().unwrap().push(number);
        };
        tasks.push(tokio::spawn(waits));
        while world.db.pool_status().waiting < number + 1 {
            tokio::task::yield_now().await;
        }
    }
    let left = tasks.remove(2);
    left.abort();
    assert!(left.await.unwrap_err().is_cancelled());
    assert_eq!(world.db.pool_status().waiting, 5);
    tx.rollback().await.unwrap();
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(*order.lock().unwrap(), [0, 1, 3, 4, 5]);
    assert_eq!(world.db.pool_status().gave_up, 1);
}

#[tokio::test]
async fn a_connection_that_was_ended_is_replaced_and_a_lost_commit_is_unknown() {
    let world = World::with(|options| options.max_connections = 2).await;
    let end = "SELECT count(pg_terminate_backend(pid, 30000)) FROM pg_stat_activity \
               WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'tenantry'";
    let mut shared = world.db.shared();
    for _ in 0..3 {
        assert_eq!(Plan::query().count(&mut shared).await.unwrap(), 2);
        world.look(end);
        // A read and a beginning are sent again over another.
        assert_eq!(Plan::query().count(&mut shared).await.unwrap(), 2);
        world.look(end);
        shared
            .transaction(async |tx| Plan::query().count(tx).await)
            .await
            .unwrap();
    }
    let outcome = shared
        .transaction(async |tx| {
            Plan::query().count(tx).await?;
            world.look(end);
            Plan::query().count(tx).await
        })
        .await;
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Connection);
    // The scope goes on over another.
    assert_eq!(Plan::query().count(&mut shared).await.unwrap(), 2);
    assert!(world.db.pool_status().open <= 2);
}

#[tokio::test]
async fn what_a_statement_leaves_in_a_session_reaches_nobody() {
    let world = World::with(|options| options.max_connections = 1).await;
    let mut shared = world.db.shared();
    let set = shared.sql(sql!("SELECT set_config('app.user', 'ann', false)"));
    set.execute().await.unwrap();
    let get = sql!("SELECT coalesce(current_setting('app.user', true), '')");
    assert_eq!(shared.sql(get).row::<String>().await.unwrap(), "ann");
    let before = pid(&mut shared).await;
    drop(shared);
    let mut other = world.db.shared();
    assert_eq!(other.sql(get).row::<String>().await.unwrap(), "");
    assert_eq!(pid(&mut other).await, before, "it was reset, not closed");
}

#[tokio::test]
async fn a_scope_whose_session_is_gone_does_not_go_on_without_what_was_left_in_it() {
    let world = World::new().await;
    let set = sql!("SELECT set_config('app.user', 'ann', false)");
    let refused = async |shared: &mut SharedScope| {
        let error = Plan::query().count(shared).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connection);
        let text = error.to_string();
        assert!(text.contains("help: open another scope"), "{text}");
    };
    let mut shared = world.db.shared();
    shared.sql(set).execute().await.unwrap();
    let sleep = shared.sql(sql!("SELECT pg_sleep(600)")).execute();
    world.left_asleep(sleep).await;
    refused(&mut shared).await;
    let mut shared = world.db.shared();
    shared.sql(set).execute().await.unwrap();
    drop(shared.begin().await.unwrap());
    refused(&mut shared).await;
    let mut shared = world.db.shared();
    shared.sql(set).execute().await.unwrap();
    world.look(
        "SELECT count(pg_terminate_backend(pid, 30000)) FROM pg_stat_activity \
         WHERE datname = current_database() AND pid <> pg_backend_pid() AND application_name = 'tenantry'",
    );
    assert!(Plan::query().count(&mut shared).await.is_err());
    refused(&mut shared).await;
    // A transaction that is ended as it should be leaves the session.
    let mut shared = world.db.shared();
    // A read finds the idle ones that were ended, too; a write over one of them would be `CommitUnknown`.
    assert_eq!(Plan::query().count(&mut shared).await.unwrap(), 2);
    shared.sql(set).execute().await.unwrap();
    shared.begin().await.unwrap().rollback().await.unwrap();
    let get = sql!("SELECT current_setting('app.user', true)");
    assert_eq!(shared.sql(get).row::<String>().await.unwrap(), "ann");
    drop(shared);
    world.settles().await;
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_cancelled_and_says_so() {
    let world = World::with(|options| {
        options.statement_timeout = Some(Duration::from_secs(2));
    })
    .await;
    let mut shared = world.db.shared();
    let slept = shared.sql(sql!("SELECT pg_sleep(600)")).execute().await;
    let error = slept.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled);
    assert!(error.to_string().contains("took longer than 2s"), "{error}");
    assert_eq!(Plan::query().count(&mut shared).await.unwrap(), 2);
}

async fn process(scope: &mut TenantScope) -> i32 {
    let sql = sql!("SELECT pg_backend_pid() FROM {Customer} RIGHT JOIN (SELECT 1) AS one ON true");
    scope.sql(sql).row().await.unwrap()
}

#[tokio::test]
async fn a_tenant_gets_the_connection_that_has_served_it() {
    let world = World::with(|options| options.max_connections = 2).await;
    let (mut acme, mut globex) = (
        world.acme().await,
        world.db.tenant(&key("globex")).await.unwrap(),
    );
    // Each has a transaction open, so that there are two.
    let (mut first, mut second) = (acme.begin().await.unwrap(), globex.begin().await.unwrap());
    let pids = [process(&mut first).await, process(&mut second).await];
    assert_ne!(pids[0], pids[1]);
    first.commit().await.unwrap();
    second.commit().await.unwrap();
    for _ in 0..3 {
        assert_eq!(process(&mut acme).await, pids[0]);
        assert_eq!(process(&mut globex).await, pids[1]);
    }
}

#[tokio::test]
async fn a_connection_is_renewed_before_it_holds_too_much_and_nobody_waits() {
    let world = World::with(|options| {
        options.max_connections = 1;
        // A tenant with a table counts as two: acme makes it due, and globex would be the last.
        options.max_tables_per_connection = 3;
    })
    .await;
    let waits = world.db.pool_status().waits;
    let mut pids = BTreeSet::new();
    for renewed in 1..=3 {
        pids.insert(process(&mut world.acme().await).await);
        while world.db.pool_status().renewed < renewed || world.db.pool_status().open > 1 {
            sleep(Duration::from_millis(5)).await;
        }
    }
    assert_eq!(pids.len(), 3);
    let status = world.db.pool_status();
    assert_eq!((status.opened, status.waits, status.idle), (4, waits, 1));
}

#[test]
fn a_database_outlives_its_runtime_and_its_server_is_told() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let world = runtime.block_on(World::new());
    let mut shared = world.db.shared();
    let tx = runtime.block_on(shared.begin()).unwrap();
    drop(runtime);
    drop(tx);
    drop(shared);
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(world.settles());
}

#[tokio::test]
async fn a_wrong_address_is_told_at_once() {
    let error = Database::connect("postgres://nobody@127.0.0.1:1/none").await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Connection);
    let error = Database::connect("nonsense").await;
    assert_eq!(error.unwrap_err().kind(), ErrorKind::Configuration);
}
