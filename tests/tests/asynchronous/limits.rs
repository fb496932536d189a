//! Every wait of a task has an end, whatever the server, the driver or the runtime does.

use tokio::time::timeout;

use super::*;

/// More than anything here may take that does not wait for something else.
const LONG: Duration = Duration::from_mins(1);

fn failure() -> tenantry::Error {
    TenantKey::new("no key").unwrap_err().into()
}

#[tokio::test]
async fn many_rows_of_types_that_the_driver_does_not_know_come_or_are_refused() {
    let world = World::with(|options| options.max_connections = 1).await;
    world.change(
        "CREATE TYPE shared.mood AS ENUM ('fine'); ALTER TABLE shared.plans ADD mood shared.mood DEFAULT 'fine'",
    );
    let mut shared = world.db.shared();
    let mood = sql!("SELECT mood FROM {Plan} CROSS JOIN generate_series(1, $1::int8)");
    for _ in 0..2 {
        let rows = shared.sql(mood).bind(20_000_i64).rows::<String>();
        let error = timeout(LONG, rows).await.expect("it hangs").unwrap_err();
        assert!(error.to_string().contains("::text"), "{error}");
    }
    let each = sql!("SELECT p FROM {Plan} AS p CROSS JOIN generate_series(1, 20000)");
    let told = shared.transaction(async |tx| tx.sql(each).for_each(|_: String| Ok(())).await);
    assert!(timeout(LONG, told).await.expect("it hangs").is_err());
    assert_eq!(Plan::query().count(&mut shared).await.unwrap(), 2);
    let left = shared.sql(sql!(
        "SELECT count(*) FROM pg_prepared_statement() AS p WHERE statement ~ 'generate_series'"
    ));
    assert_eq!(left.row::<i64>().await.unwrap(), 0);
}

#[tokio::test]
async fn an_answer_that_the_driver_does_not_take_is_given_up() {
    let world = World::with(|options| {
        options.max_connections = 1;
        options.statement_timeout = Some(Duration::from_secs(3));
    })
    .await;
    let mut acme = world.acme().await;
    add(&mut acme, "Ann").await.unwrap();
    // A type that a migration gives to the column of a model.
    world.change(
        "INSERT INTO acme.customers (name, email, plan) SELECT 'fine', n || '@x', plan \
         FROM acme.customers CROSS JOIN generate_series(1, 20000) AS n; CREATE TYPE acme.mood AS ENUM ('fine'); \
         ALTER TABLE acme.customers ALTER note TYPE acme.mood USING 'fine'",
    );
    let all = timeout(LONG, Customer::query().all(&mut acme)).await;
    assert!(all.expect("it hangs").is_err());
    assert_eq!(Customer::query().count(&mut acme).await.unwrap(), 20_001);
}

#[tokio::test]
async fn sql_without_an_answer_is_described_again_for_its_columns_may_have_other_types() {
    let world = World::with(|options| {
        options.max_connections = 1;
        options.statement_timeout = Some(Duration::from_secs(3));
    })
    .await;
    world.change("ALTER TABLE shared.plans ADD mood text DEFAULT 'fine'");
    let moods = async |each: bool| {
        let sql = sql!("SELECT mood FROM {Plan} CROSS JOIN generate_series(1, 20000)");
        let mut shared = world.db.shared();
        // The first thing over an idle connection would be done again over another.
        assert_eq!(Plan::query().count(&mut shared).await.unwrap(), 2);
        let mut tx = shared.begin().await.unwrap();
        let told = if each {
            timeout(LONG, tx.sql(sql).for_each(|_: String| Ok(()))).await
        } else {
            let rows = timeout(LONG, tx.sql(sql).rows::<String>()).await;
            rows.map(|rows| rows.map(|rows| rows.len() as u64))
        };
        drop(tx);
        // A change waits for whoever has the table open.
        world.settles().await;
        told.expect("it hangs")
    };
    moods(false).await.unwrap();
    let text = "ALTER TABLE shared.plans ALTER mood TYPE text";
    for each in [false, true] {
        world.change(
            "DROP TYPE IF EXISTS shared.mood; CREATE TYPE shared.mood AS ENUM ('fine'); \
             ALTER TABLE shared.plans ALTER mood DROP DEFAULT, ALTER mood TYPE shared.mood USING mood::shared.mood",
        );
        let lost = moods(each).await.unwrap_err();
        assert_eq!(lost.kind(), ErrorKind::Connection, "{lost}");
        let refused = moods(each).await.unwrap_err();
        assert!(refused.to_string().contains("::text"), "{refused}");
        world.change(text);
        // It is noted again as what it is now.
        moods(each).await.unwrap();
    }
}

#[cfg(unix)]
#[tokio::test]
async fn a_server_that_falls_silent_at_a_socket_of_the_machine_is_given_up() {
    let world = World::new().await;
    drop(world.acme().await);
    let proxy = tenantry_tests::proxy::Proxy::start_local(&world.shop);
    let mut options = Options::default();
    options.max_connections = 1;
    options.statement_timeout = Some(Duration::from_secs(1));
    let config = proxy.config(&world.shop);
    let db = Database::connect_with(&config, NoTls, options)
        .await
        .unwrap();
    let mut shared = db.shared();
    assert_eq!(Plan::query().count(&mut shared).await.unwrap(), 2);
    proxy.silence(true);
    let count = timeout(LONG, Plan::query().count(&mut shared)).await;
    let error = count.expect("it hangs").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
    for work in [
        db.tenants().suspend(&key("acme")).await,
        db.tenants().create(&key("new")).await,
    ] {
        assert!(work.is_err());
    }
    proxy.silence(false);
    assert_eq!(Plan::query().count(&mut shared).await.unwrap(), 2);
}

#[tokio::test]
async fn a_transaction_that_fails_does_not_wait_for_a_statement_that_nobody_waits_for() {
    let world = World::with(|options| options.max_connections = 1).await;
    let mut shared = world.db.shared();
    let failed = shared.transaction(async |tx| {
        let sleep = tx.sql(sql!("SELECT pg_sleep(600)")).execute();
        world.left_asleep(sleep).await;
        Err::<(), _>(failure())
    });
    assert!(timeout(LONG, failed).await.expect("it waits").is_err());
    assert_eq!(Plan::query().count(&mut shared).await.unwrap(), 2);
    let mut tx = shared.begin().await.unwrap();
    let sleep = tx.sql(sql!("SELECT pg_sleep(600)")).execute();
    world.left_asleep(sleep).await;
    timeout(LONG, tx.rollback())
        .await
        .expect("it waits")
        .unwrap();
    world.settles().await;
}

#[tokio::test]
async fn a_creation_that_is_given_up_does_not_wait_for_a_statement_of_its_closure() {
    let world = World::new().await;
    let initech = key("initech");
    let made = world.db.tenants().create_with(&initech, async |tx| {
        let sleep = tx.sql(sql!("SELECT pg_sleep(600)")).execute();
        world.left_asleep(sleep).await;
        Err::<(), _>(failure())
    });
    assert!(timeout(LONG, made).await.expect("it waits").is_err());
    let made = world.db.tenants().create_with(&initech, async |tx| {
        tx.sql(sql!("SELECT pg_sleep(600)")).execute().await
    });
    world.left_asleep(made).await;
    world.settles().await;
    assert!(
        world
            .db
            .tenants()
            .get(&initech)
            .await
            .is_err_and(|error| error.kind() == ErrorKind::UnknownTenant)
    );
    world.db.tenants().create(&initech).await.unwrap();
}

#[tokio::test]
async fn a_look_into_the_registry_takes_no_longer_than_opening_a_connection() {
    let world = World::with(|options| options.connect_timeout = Duration::from_secs(3)).await;
    let mut client = blocking(|| world.shop.database().connect());
    blocking(|| client.batch_execute("BEGIN; LOCK TABLE tenantry.tenant")).unwrap();
    let acme = key("acme");
    let error = timeout(LONG, world.db.tenant_now(&acme))
        .await
        .expect("it waits")
        .unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Connection);
    blocking(move || drop(client));
    world.db.tenant_now(&acme).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_outlives_the_runtime_in_which_it_was_first_needed() {
    let world = World::with(|options| options.max_connections = 2).await;
    let mut holder = world.db.shared();
    let tx = holder.begin().await.unwrap();
    let db = world.db.clone();
    let short = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        let pid = runtime.block_on(async { pid(&mut db.shared()).await });
        drop(runtime);
        pid
    });
    let theirs = blocking(|| short.join().unwrap());
    let mut shared = world.db.shared();
    let mine = timeout(LONG, pid(&mut shared)).await.expect("it hangs");
    assert_eq!(mine, theirs);
    tx.rollback().await.unwrap();
}

#[tokio::test]
async fn what_a_hook_does_on_a_thread_waits_shortly_and_creates_no_other_tenant() {
    let world = World::with(|options| {
        options.lock_timeout = Duration::from_millis(300);
        options.max_creations = 1;
    })
    .await;
    let db = world.db.clone();
    let initech = key("initech");
    let made = world.db.tenants().create_with(&initech, async |tx| {
        tx.sql(sql!("SELECT FROM {Plan} FOR SHARE"))
            .execute()
            .await?;
        let write = |db: &tenantry::Database| {
            let change =
                Plan::update_where(Plan::CODE.eq("free")).set(Plan::MONTHLY, Decimal::from(1));
            change.execute(&mut db.shared()?)
        };
        let error = timeout(LONG, db.blocking(write))
            .await
            .expect("it waits")
            .unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LockTimeout);
        assert!(error.to_string().contains("initech"), "{error}");
        let other = key("umbrella");
        let refused = |error: tenantry::Error| {
            assert_eq!(error.kind(), ErrorKind::TenantState);
            let text = error.to_string();
            assert!(
                text.contains("umbrella") && text.contains("initech") && text.contains("help: "),
                "{text}"
            );
        };
        let nested = db.tenants().create(&other);
        refused(timeout(LONG, nested).await.expect("it waits").unwrap_err());
        let nested = db.tenants().create_or_get(&other);
        refused(timeout(LONG, nested).await.expect("it waits").unwrap_err());
        // A thread for other control work is there for it, and waits for what is locked here as shortly as the rest.
        let nested = db.blocking(move |db| db.tenants().create(&key("umbrella")));
        let error = timeout(LONG, nested).await.expect("it waits").unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LockTimeout);
        assert!(error.to_string().contains("initech"), "{error}");
        Ok(())
    });
    made.await.unwrap();
    world
        .db
        .tenants()
        .create_or_get(&key("umbrella"))
        .await
        .unwrap();
    world
        .db
        .tenants()
        .create_or_get(&key("umbrella"))
        .await
        .unwrap();
}
