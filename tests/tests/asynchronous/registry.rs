//! The registry, migrations and standbys, from tasks.

use std::sync::mpsc;

use tenantry::tenant::{Match, TenantFilter, Versions};
use tenantry_tests::wait::until;
use tokio::time::timeout;

use super::*;

#[tokio::test]
async fn the_registry_is_used_from_tasks() {
    let world = World::new().await;
    let tenants = world.db.tenants();
    let all = tenants.list(&TenantFilter::default()).await.unwrap();
    assert_eq!(all.len(), 2);
    tenants.tag(&key("acme"), &["eu"], &[]).await.unwrap();
    assert_eq!(
        tenants.get(&key("acme")).await.unwrap().key().as_str(),
        "acme"
    );
    tenants.suspend(&key("acme")).await.unwrap();
    let refused = world.db.tenant(&key("acme")).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::TenantState);
    tenants.resume(&key("acme")).await.unwrap();
    tenants.rename(&key("acme"), &key("acme-2")).await.unwrap();
    let gone = world.db.tenant(&key("acme")).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::UnknownTenant);
    let mut renamed = world.db.tenant(&key("acme-2")).await.unwrap();
    add(&mut renamed, "Ann").await.unwrap();
    tenants.drop(&key("acme-2")).await.unwrap();
    assert!(Customer::query().count(&mut renamed).await.is_err());
    assert_eq!(tenants.refill_standbys(2).await.unwrap(), 2);
    assert_eq!(tenants.standbys().await.unwrap().ready, 2);
    tenants.create(&key("claimed")).await.unwrap();
    assert_eq!(tenants.standbys().await.unwrap().ready, 1);
    let keeper = tenants.keep_standbys(2).await.unwrap();
    tokio::task::spawn_blocking(move || drop(keeper))
        .await
        .unwrap();
}

#[tokio::test]
async fn the_registry_is_used_while_all_threads_for_control_work_are_busy() {
    let world = World::new().await;
    let (busy, done) = (mpsc::channel(), mpsc::channel::<()>());
    let mut waiting = Vec::new();
    let (end, ended) = (done.0, std::sync::Arc::new(std::sync::Mutex::new(done.1)));
    for _ in 0..3 {
        let (db, busy, ended) = (world.db.clone(), busy.0.clone(), ended.clone());
        waiting.push(tokio::spawn(async move {
            db.blocking(move |_| {
                busy.send(()).unwrap();
                assert!(ended.lock().unwrap().recv().is_err());
                Ok(())
            })
            .await
        }));
    }
    let mut begun = 0;
    while begun < 3 {
        match busy.1.try_recv() {
            Ok(()) => begun += 1,
            Err(_) => sleep(Duration::from_millis(5)).await,
        }
    }
    let tenants = world.db.tenants();
    assert_eq!(
        tenants.get(&key("acme")).await.unwrap().schema().as_str(),
        "acme"
    );
    let all = tenants.list(&TenantFilter::all()).await.unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!(tenants.standbys().await.unwrap().ready, 0);
    // So is a tenant's row changed.
    tenants.tag(&key("acme"), &["eu"], &[]).await.unwrap();
    tenants.suspend(&key("acme")).await.unwrap();
    tenants.resume(&key("acme")).await.unwrap();
    let renamed = tenants.rename(&key("acme"), &key("acme-2")).await;
    assert_eq!(renamed.unwrap().tags(), ["eu"]);
    drop(end);
    for waited in waiting {
        waited.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_read_of_the_registry_that_is_dropped_is_cancelled() {
    let world = World::new().await;
    let mut other = blocking(|| world.shop.database().connect());
    let lock = "BEGIN; LOCK TABLE tenantry.tenant";
    blocking(|| other.batch_execute(lock)).unwrap();
    // The look at the tenants that the shop knows waits for as long as the table is locked.
    let waiting = "SELECT count(*) FROM pg_locks AS l JOIN pg_class AS c ON c.oid = l.relation \
                   JOIN pg_stat_activity AS a ON a.pid = l.pid AND a.query NOT LIKE '%WHERE id = ANY%' \
                   WHERE NOT l.granted AND c.relname = 'tenant' \
                   AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    let tenants = world.db.tenants();
    let all = TenantFilter::all();
    let mut get = Box::pin(tenants.get(key("acme")));
    let mut list = Box::pin(tenants.list(&all));
    while world.look(waiting) < 2 {
        let poll = Duration::from_millis(5);
        assert!(timeout(poll, &mut get).await.is_err());
        assert!(timeout(poll, &mut list).await.is_err());
    }
    drop((get, list));
    let since = Instant::now();
    while world.look(waiting) > 0 {
        assert!(since.elapsed() < Duration::from_mins(2), "not cancelled");
        sleep(Duration::from_millis(5)).await;
    }
    blocking(|| drop(other));
}

#[tokio::test]
async fn what_is_not_in_the_registry_is_told_as_to_those_who_block() {
    let world = World::new().await;
    let blocking_db = blocking(|| world.shop.db().clone());
    let filters = [
        TenantFilter::all().matching(Match::all().keys([key("amce"), key("globex"), key("zzz")])),
        TenantFilter::all().except(Match::all().version(Versions::at("0001_frist"))),
    ];
    let tenants = world.db.tenants();
    for name in ["amce", "Acme", "nobody", "standby_1"] {
        let told = tenants.get(&key(name)).await.unwrap_err().to_string();
        let other = blocking(|| blocking_db.tenants().get(&key(name)).unwrap_err());
        assert_eq!(told, other.to_string());
        assert!(told.contains("\nhelp: "), "{told}");
    }
    for filter in &filters {
        let told = tenants.list(filter).await.unwrap_err().to_string();
        let other = blocking(|| blocking_db.tenants().list(filter).unwrap_err());
        assert_eq!(told, other.to_string());
        assert!(told.contains("\nhelp: "), "{told}");
    }
}

#[tokio::test]
async fn whoever_opens_no_tenant_is_told_why() {
    let world = World::new().await;
    let message = async |name: &str| {
        let opened = world.db.tenant(&key(name)).await;
        opened.unwrap_err().to_string()
    };
    let unknown = message("initech").await;
    assert!(unknown.contains("help: create it first"), "{unknown}");
    let twin = message("Acme").await;
    assert!(twin.contains("help: write `acme`"), "{twin}");
    let gone = "DROP SCHEMA tenantry CASCADE";
    let mut client = blocking(|| world.shop.database().connect());
    blocking(|| client.batch_execute(gone)).unwrap();
    blocking(|| drop(client));
    let gone = world.db.tenant(&key("initech")).await.unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::DamagedMetadata);
    assert!(gone.to_string().contains("`acme`"), "{gone}");
}

#[tokio::test]
async fn migrations_run_from_tasks() {
    let world = World::new().await;
    let report = world
        .db
        .blocking(|db| {
            db.migrator(tenantry_tests::chain_of_schema(&tenantry_tests::shop::SHOP))
                .run()
        })
        .await;
    report.unwrap();
    let failed = world
        .db
        .blocking(|db| db.tenants().get(&key("nobody")).map(drop));
    assert_eq!(failed.await.unwrap_err().kind(), ErrorKind::UnknownTenant);
}

#[tokio::test]
async fn a_keeper_is_dropped_by_a_task_that_goes_on_at_once() {
    let world = World::new().await;
    world.change(
        "CREATE FUNCTION public.last() RETURNS event_trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(600); END $$; \
         CREATE EVENT TRIGGER lasting ON ddl_command_end WHEN tag IN ('CREATE SCHEMA') EXECUTE FUNCTION public.last()",
    );
    let at_it = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'PgSleep'";
    let mut took = Vec::new();
    // What is at a statement is cancelled after half a second, for which nobody waits here.
    while !took.iter().any(|took| *took < Duration::from_millis(400)) {
        assert!(took.len() < 5, "{took:?}");
        let keeper = world.db.tenants().keep_standbys(1).await.unwrap();
        until("the keeper is at it", || world.look(at_it) > 0);
        let since = Instant::now();
        drop(keeper);
        took.push(since.elapsed());
        until("nobody is at it", || world.look(at_it) == 0);
    }
    world.settles().await;
}

#[tokio::test]
async fn a_version_of_the_application_is_announced_from_tasks() {
    let world = World::new().await;
    let release = tenantry::scope::Release::new("web 1.0", "0001_initial").unwrap();
    let there = "SELECT count(*) FROM tenantry.application";
    let one = world.db.announce(&release).await.unwrap();
    let other = world.db.announce(&release).await.unwrap();
    assert_eq!(world.look(there), 2);
    // A thread of the runtime does not wait for the end, which comes all the same.
    drop(one);
    until("it is taken back", || world.look(there) == 1);
    // Nor does a database that is closed meanwhile keep anybody.
    world.db.close(Duration::from_secs(10)).await.unwrap();
    tokio::task::spawn_blocking(move || drop(other))
        .await
        .unwrap();
    assert_eq!(world.look(there), 1, "it counts as gone after a while");
}

#[tokio::test]
async fn a_tenant_that_is_not_served_is_not_opened_by_tasks() {
    let range = tenantry::tenant::ServedRange::new();
    let late = range.since("9999_later").unwrap();
    let world = World::with(|options| options.serves = late).await;
    let refused = world.db.tenant(&key("acme")).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::TenantVersion);
    let range = tenantry::tenant::ServedRange::new();
    let early = range.until("9999_later").unwrap();
    let world = World::with(|options| options.serves = early).await;
    world.db.tenant(&key("acme")).await.unwrap();
}
