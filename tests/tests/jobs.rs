//! Work for tenants that is done later: references to tenants, and jobs in a queue.

#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

use std::time::Duration;

use postgres::NoTls;
use serde::{Deserialize, Serialize};
use tenantry::ErrorKind;
use tenantry::exec::blocking;
use tenantry::prelude::*;
use tenantry::scope::{Job, Options};
use tenantry::tenant::TenantRef;
use tenantry::testing::TestDb;

use tenantry_tests::chain_of_schema;

/// Work that waits for a worker. It is shared: workers look in one place for all tenants.
#[shared_model]
struct Queued {
    #[field(key)]
    id: i64,
    job: Json<Job<Greet>>,
}

/// Something of a tenant's.
#[tenant_model]
struct Greeting {
    #[field(key)]
    id: i64,
    #[field(unique)]
    text: String,
}

/// A job: to write a greeting.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Greet {
    name: String,
}

tenantry::schema! {
    static SCHEMA = [Queued, Greeting];
}

struct World {
    database: TestDb,
    db: Database,
}

impl World {
    /// A database with the tenants `acme` and `globex`, which is asked for each tenant, or knows them for long.
    fn new(staleness: Duration) -> Self {
        let database = TestDb::new();
        let mut options = Options::default();
        options.registry_staleness = staleness;
        let db = Database::connect_with(&database.config(), NoTls, options).unwrap();
        db.migrator(chain_of_schema(&SCHEMA)).run().unwrap();
        for tenant in ["acme", "globex"] {
            db.tenants().create(key(tenant)).unwrap();
        }
        Self { database, db }
    }

    fn reference(&self, tenant: &str) -> TenantRef {
        self.db.tenant(&key(tenant)).unwrap().reference()
    }

    /// Another process.
    fn elsewhere(&self) -> Database {
        Database::connect(self.database.url()).unwrap()
    }
}

fn key(key: &str) -> TenantKey {
    TenantKey::new(key).unwrap()
}

fn greet(name: &str) -> Greet {
    Greet {
        name: name.to_owned(),
    }
}

fn enqueue(acme: &mut TenantScope, name: &str) -> tenantry::Result<()> {
    let job = Job::new(acme.reference(), greet(name));
    Queued::insert(NewQueued::new(Json(job))).execute(&mut acme.shared_mut())
}

/// Does the work that waits longest, if nobody else does; it is taken out of the queue in the same transaction in which it is done.
fn work_one(db: &Database) -> tenantry::Result<Option<ErrorKind>> {
    let mut shared = db.shared()?;
    shared.transaction(|tx| {
        let next = Queued::query()
            .order_by(Queued::ID.asc())
            .for_update()
            .skip_locked();
        let Some(next) = next.first(tx)? else {
            return Ok(None);
        };
        let job = next.job.0.clone();
        next.delete(tx)?;
        match db.job(job) {
            Ok((mut tenant, Greet { name })) => {
                Greeting::insert(NewGreeting::new(name)).execute(&mut tenant)?;
                Ok(None)
            }
            // There is nobody any more for whom it could be done.
            Err(error) if error.is_unknown_tenant() => Ok(Some(error.kind())),
            Err(error) => Err(error),
        }
    })
}

fn greetings(db: &Database, tenant: &str) -> Vec<String> {
    let mut tenant = db.tenant(&key(tenant)).unwrap();
    let all = Greeting::query().order_by(Greeting::TEXT.asc());
    let all = all.select(Greeting::TEXT).all(&mut tenant);
    all.unwrap()
}

#[test]
fn a_job_is_done_for_the_tenant_that_it_was_made_for() {
    let world = World::new(Duration::from_secs(1));
    for tenant in ["acme", "globex"] {
        let mut scope = world.db.tenant(&key(tenant)).unwrap();
        scope.transaction(|tx| enqueue(tx, tenant)).unwrap();
        // What is rolled back is not done.
        let mut undone = scope.begin().unwrap();
        enqueue(&mut undone, "never").unwrap();
        undone.rollback().unwrap();
    }
    let worker = world.elsewhere();
    while Queued::query()
        .exists(&mut worker.shared().unwrap())
        .unwrap()
    {
        assert_eq!(work_one(&worker).unwrap(), None);
    }
    for tenant in ["acme", "globex"] {
        assert_eq!(greetings(&world.db, tenant), [tenant]);
    }
}

#[test]
fn two_workers_do_different_jobs() {
    let world = World::new(Duration::from_secs(1));
    let mut acme = world.db.tenant(&key("acme")).unwrap();
    for number in 0..20 {
        enqueue(&mut acme, &format!("greeting {number}")).unwrap();
    }
    std::thread::scope(|scope| {
        for _ in 0..2 {
            let worker = world.elsewhere();
            scope.spawn(move || {
                while Queued::query()
                    .exists(&mut worker.shared().unwrap())
                    .unwrap()
                {
                    work_one(&worker).unwrap();
                }
            });
        }
    });
    // One done twice would violate the unique constraint.
    assert_eq!(greetings(&world.db, "acme").len(), 20);
}

#[test]
fn a_job_for_a_tenant_that_is_gone_is_done_for_nobody() {
    let world = World::new(Duration::ZERO);
    let mut acme = world.db.tenant(&key("acme")).unwrap();
    let reference = acme.reference();
    for name in ["one", "two", "three"] {
        enqueue(&mut acme, name).unwrap();
    }
    drop(acme);
    let tenants = world.db.tenants();
    let opened = || {
        world
            .db
            .tenant_of(&reference)
            .map(drop)
            .map_err(|error| error.kind())
    };

    tenants.suspend(&key("acme")).unwrap();
    assert_eq!(opened(), Err(ErrorKind::TenantState));
    // It waits in the queue until the tenant is let in again.
    assert!(work_one(&world.db).unwrap_err().is_tenant_state());
    tenants.resume(&key("acme")).unwrap();
    assert_eq!(work_one(&world.db).unwrap(), None);
    assert_eq!(greetings(&world.db, "acme"), ["one"]);

    tenants.rename(&key("acme"), &key("apex")).unwrap();
    assert_eq!(opened(), Err(ErrorKind::UnknownTenant));
    assert_eq!(work_one(&world.db).unwrap(), Some(ErrorKind::UnknownTenant));
    // Another one gets the key.
    tenants.rename(&key("globex"), &key("acme")).unwrap();
    assert_eq!(opened(), Err(ErrorKind::UnknownTenant));
    assert_eq!(work_one(&world.db).unwrap(), Some(ErrorKind::UnknownTenant));
    assert!(greetings(&world.db, "acme").is_empty());
    assert_eq!(greetings(&world.db, "apex"), ["one"]);

    tenants.drop(&key("acme")).unwrap();
    tenants.create(&key("acme")).unwrap();
    let error = world.db.tenant_of(&reference).unwrap_err();
    assert!(error.to_string().contains("renamed or dropped"), "{error}");
    assert!(error.to_string().contains("\nhelp: "), "{error}");
    // The one that it was made for is renamed back.
    tenants.drop(&key("acme")).unwrap();
    tenants.rename(&key("apex"), &key("acme")).unwrap();
    assert_eq!(opened(), Ok(()));
}

#[test]
fn a_reference_that_is_newer_than_what_a_process_knows_is_followed() {
    let world = World::new(Duration::from_hours(1));
    let known = world.reference("acme");
    let elsewhere = world.elsewhere();
    elsewhere
        .tenants()
        .rename(&key("acme"), &key("apex"))
        .unwrap();
    elsewhere.tenants().create(&key("acme")).unwrap();
    let newer = elsewhere.tenants().get(&key("acme")).unwrap().reference();
    assert_ne!(newer.prefix(), known.prefix());
    let scope = world.db.tenant_of(&newer).unwrap();
    assert_eq!(scope.reference(), newer);
    assert_eq!(
        world.db.tenant_of(&known).unwrap_err().kind(),
        ErrorKind::UnknownTenant
    );
}

#[test]
fn names_of_files_and_in_caches_stay_a_tenant_s_when_it_is_renamed_and_are_no_other_s() {
    let world = World::new(Duration::ZERO);
    let before = world.reference("acme");
    world
        .db
        .tenants()
        .rename(&key("acme"), &key("apex"))
        .unwrap();
    world.db.tenants().create(&key("acme")).unwrap();
    let (renamed, other) = (world.reference("apex"), world.reference("acme"));
    assert_eq!(before.cache_key("projects"), renamed.cache_key("projects"));
    assert_eq!(
        before.storage_path("a.pdf").unwrap(),
        renamed.storage_path("a.pdf").unwrap()
    );
    assert_ne!(before.cache_key("projects"), other.cache_key("projects"));
    assert_ne!(before.prefix(), world.reference("globex").prefix());
}

#[test]
fn a_payload_that_names_no_tenant_is_no_job() {
    for payload in [
        "{}",
        r#"{"work":{"name":"Ann"}}"#,
        r#"{"tenant":"acme","work":{"name":"Ann"}}"#,
        r#"{"tenant":{"key":"acme","id":1},"work":{"name":"Ann"}}"#,
        r#"{"tenant":{"key":"a'c","id":1,"since":1},"work":{"name":"Ann"}}"#,
        r#"{"tenant":{"key":"acme","id":1,"since":1}}"#,
    ] {
        assert!(
            serde_json::from_str::<Job<Greet>>(payload).is_err(),
            "{payload}"
        );
    }
    let world = World::new(Duration::ZERO);
    let forged = r#"{"tenant":{"key":"acme","id":1,"since":1},"work":{"name":"Ann"}}"#;
    let forged: Job<Greet> = serde_json::from_str(forged).unwrap();
    assert_eq!(
        world.db.job(forged).unwrap_err().kind(),
        ErrorKind::UnknownTenant
    );
}

#[tokio::test]
async fn tasks_do_jobs_alike() {
    let world = blocking(|| World::new(Duration::ZERO));
    let db = tenantry::tokio::Database::connect(world.database.url())
        .await
        .unwrap();
    let mut acme = db.tenant(&key("acme")).await.unwrap();
    let job = Job::new(acme.reference(), greet("task"));
    let (mut scope, Greet { name }) = db.job(job.clone()).await.unwrap();
    Greeting::insert(NewGreeting::new(name))
        .execute(&mut scope)
        .await
        .unwrap();
    assert_eq!(Greeting::query().count(&mut acme).await.unwrap(), 1);
    db.tenants()
        .rename(&key("acme"), &key("apex"))
        .await
        .unwrap();
    db.tenants().create(&key("acme")).await.unwrap();
    let error = db.job(job).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnknownTenant);
    let newer = db.tenants().get(&key("acme")).await.unwrap().reference();
    assert_eq!(db.tenant_of(&newer).await.unwrap().reference(), newer);
    blocking(|| drop(world));
}
