//! Creating tenants: with hooks and closures, whole or not at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tenantry::Error;
use tokio::time::timeout;

use super::*;

/// Whether there is a tenant, and how many schemas.
fn is_there(world: &World, key: &str) -> bool {
    let rows = world.look(&format!(
        "SELECT count(*) FROM tenantry.tenant WHERE key = '{key}'"
    ));
    let schemas = world.look(&format!(
        "SELECT count(*) FROM pg_namespace WHERE nspname = '{key}'"
    ));
    assert_eq!(rows, schemas, "{key}");
    rows > 0
}

#[tokio::test]
async fn a_tenant_is_filled_in_the_transaction_that_makes_it() {
    let world = World::new().await;
    let hooked = Arc::new(AtomicUsize::new(0));
    let counts = Arc::clone(&hooked);
    world.db.on_create(move |tx| {
        let counts = Arc::clone(&counts);
        Box::pin(async move {
            counts.fetch_add(1, Ordering::Relaxed);
            add(tx, "hooked").await.map(drop)
        })
    });
    let tenants = world.db.tenants();
    let made = tenants
        .create_with(&key("initech"), async |tx| {
            add(tx, "one").await?;
            let inner: Result<(), Error> = tx
                .transaction(async |tx| {
                    add(tx, "two").await?;
                    add(tx, "two").await.map(drop)
                })
                .await;
            assert_eq!(inner.unwrap_err().kind(), ErrorKind::Unique);
            let mut told = 0;
            Customer::query()
                .for_each(&mut *tx, |_| {
                    told += 1;
                    Ok(())
                })
                .await?;
            assert_eq!(told, 2);
            let mut shared = tx.shared_mut();
            Plan::query().count(&mut shared).await
        })
        .await;
    let (tenant, plans) = made.unwrap();
    assert_eq!((tenant.key().as_str(), plans), ("initech", 2));
    let mut scope = world.db.tenant(&key("initech")).await.unwrap();
    assert_eq!(names(&mut scope).await, ["hooked", "one"]);
    tenants.create(&key("hooli")).await.unwrap();
    let mut scope = world.db.tenant(&key("hooli")).await.unwrap();
    assert_eq!(names(&mut scope).await, ["hooked"]);
    let again = tenants.create(&key("hooli")).await.unwrap_err();
    assert!(again.is_tenant_exists());
    let (_, none) = tenants
        .create_or_get_with(&key("hooli"), async |tx| add(tx, "never").await)
        .await
        .unwrap();
    assert!(none.is_none());
    tenants.create_or_get(&key("umbrella")).await.unwrap();
    assert_eq!(hooked.load(Ordering::Relaxed), 3);
}

#[tokio::test]
async fn what_fails_makes_no_tenant() {
    let world = World::new().await;
    let tenants = world.db.tenants();
    let failed = tenants
        .create_with(&key("initech"), async |tx| {
            add(tx, "one").await?;
            add(tx, "one").await
        })
        .await;
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::Unique);
    assert!(!is_there(&world, "initech"));
    // An error that nobody returns.
    let failed = tenants
        .create_with(&key("initech"), async |tx| {
            add(tx, "one").await?;
            drop(add(tx, "one").await);
            Ok(())
        })
        .await;
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::Aborted);
    assert!(!is_there(&world, "initech"));
    // A statement whose future was dropped, and that failed.
    let failed = tenants
        .create_with(&key("initech"), async |tx| {
            add(tx, "one").await?;
            let blank = Customer::update_where(Customer::NAME.eq("one")).set(Customer::NAME, " ");
            drop(polled(1, blank.execute(tx)).await);
            Ok(())
        })
        .await;
    assert_eq!(failed.unwrap_err().kind(), ErrorKind::Aborted);
    assert!(!is_there(&world, "initech"));
    let db = world.db.clone();
    let task = tokio::spawn(async move {
        let made: Result<(_, ()), Error> = db
            .tenants()
            .create_with(&key("initech"), async |_| panic!("of the application"))
            .await;
        made.unwrap();
    });
    assert!(task.await.unwrap_err().is_panic());
    world.settles().await;
    assert!(!is_there(&world, "initech"));
}

/// The commit is what finds that two plans cost the same.
#[tokio::test]
async fn a_row_that_a_failed_creation_has_saved_is_saved_again() {
    let world = World::new().await;
    world.change(
        "ALTER TABLE shared.plans ADD CONSTRAINT once UNIQUE (monthly) DEFERRABLE INITIALLY DEFERRED",
    );
    let mut shared = world.db.shared();
    let all = Plan::query()
        .order_by(Plan::ID.asc())
        .all(&mut shared)
        .await;
    let [mut first, second] = <[_; 2]>::try_from(all.unwrap()).unwrap();
    first.monthly = second.monthly;
    let initech = key("initech");
    let made = world
        .db
        .tenants()
        .create_with(&initech, async |tx| first.save(&mut tx.shared_mut()).await);
    assert_eq!(made.await.unwrap_err().kind(), ErrorKind::Unique);
    assert!(!is_there(&world, "initech"));
    let again = first.save(&mut shared).await.unwrap_err();
    assert_eq!(again.kind(), ErrorKind::Unique);
    first.monthly = Decimal::from(77);
    let made = world
        .db
        .tenants()
        .create_with(&initech, async |tx| first.save(&mut tx.shared_mut()).await);
    made.await.unwrap();
    assert!(is_there(&world, "initech"));
    let saved = "SELECT count(*) FROM shared.plans WHERE monthly = 77";
    assert_eq!(world.look(saved), 1);
}

#[tokio::test]
async fn a_row_of_a_creation_that_was_left_while_it_was_committed_is_not_taken_for_undone() {
    let world = World::new().await;
    world.change(
        "CREATE TABLE public.left (); CREATE FUNCTION shared.rest() RETURNS trigger LANGUAGE plpgsql AS \
         'BEGIN WHILE NEW.monthly = 77 AND NOT EXISTS (SELECT FROM public.left) LOOP PERFORM pg_sleep(0.05); END LOOP; \
         RETURN NULL; END'; \
         CREATE CONSTRAINT TRIGGER rests AFTER UPDATE ON shared.plans DEFERRABLE INITIALLY DEFERRED \
         FOR EACH ROW EXECUTE FUNCTION shared.rest()",
    );
    let mut shared = world.db.shared();
    let first = Plan::query().order_by(Plan::ID.asc()).first(&mut shared);
    let mut first = first.await.unwrap().unwrap();
    let monthly = std::mem::replace(&mut first.monthly, Decimal::from(77));
    let initech = key("initech");
    let tenants = world.db.tenants();
    let made = tenants.create_with(&initech, async |tx| first.save(&mut tx.shared_mut()).await);
    world.left_asleep(made).await;
    world.change("INSERT INTO public.left DEFAULT VALUES");
    world.settles().await;
    assert!(is_there(&world, "initech"));
    let saved = "SELECT count(*) FROM shared.plans WHERE monthly = 77";
    assert_eq!(world.look(saved), 1);
    // Whether it was is not known here: so what it was before is written when it is set again.
    first.monthly = monthly;
    first.save(&mut shared).await.unwrap();
    assert_eq!(world.look(saved), 0);
}

#[tokio::test]
async fn a_creation_that_is_dropped_at_any_await_makes_a_whole_tenant_or_none() {
    let world = World::new().await;
    for times in 0.. {
        let name = format!("t{times}");
        let name = key(&name);
        let work = world.db.tenants().create_with(&name, async |tx| {
            add(tx, "one").await?;
            tx.transaction(async |tx| add(tx, "two").await).await
        });
        let done = polled(times, work).await;
        world.settles().await;
        if is_there(&world, name.as_str()) {
            let mut scope = world.db.tenant(&name).await.unwrap();
            assert_eq!(names(&mut scope).await, ["one", "two"]);
        }
        if let Some(done) = done {
            done.unwrap();
            assert!(is_there(&world, name.as_str()));
            break;
        }
    }
    // Nothing is left of what was begun.
    assert_eq!(world.look("SELECT count(*) FROM tenantry.provisioning"), 0);
}

#[tokio::test]
async fn hooks_of_many_creations_at_once_use_the_registry_and_other_scopes() {
    let world = World::with(|options| {
        options.max_connections = 2;
        options.wait = Duration::from_secs(20);
    })
    .await;
    let db = world.db.clone();
    world.db.on_create(move |tx| {
        let db = db.clone();
        Box::pin(async move {
            db.tenants().get(&key("acme")).await?;
            let mut globex = db.tenant(&key("globex")).await?;
            Customer::query().count(&mut globex).await?;
            add(tx, "hooked").await.map(drop)
        })
    });
    let creations: Vec<_> = (0..8)
        .map(|number| {
            let db = world.db.clone();
            let create = async move { db.tenants().create(&key(&format!("many{number}"))).await };
            tokio::spawn(create)
        })
        .collect();
    for made in creations {
        made.await.unwrap().unwrap();
    }
    assert_eq!(world.look("SELECT count(*) FROM tenantry.tenant"), 10);
    world.settles().await;
}

#[tokio::test]
async fn a_hook_that_waits_for_its_own_creation_is_told_so() {
    let world = World::with(|options| {
        options.lock_timeout = Duration::from_millis(200);
        options.lock_wait = Duration::from_millis(600);
    })
    .await;
    let db = world.db.clone();
    world.db.on_create(move |tx| {
        let db = db.clone();
        Box::pin(async move {
            let mut plans = tx.shared_mut();
            let mut plan = Plan::query()
                .filter(Plan::CODE.eq("pro"))
                .one(&mut plans)
                .await?;
            plan.monthly = Decimal::from(1);
            plan.save(&mut plans).await?;
            // The row is locked by the creation itself.
            let mut other = db.shared();
            let mut plan = Plan::query()
                .filter(Plan::CODE.eq("pro"))
                .one(&mut other)
                .await?;
            plan.monthly = Decimal::from(2);
            plan.save(&mut other).await
        })
    });
    let made = timeout(
        Duration::from_mins(1),
        world.db.tenants().create(&key("initech")),
    )
    .await;
    let error = made.expect("it does not wait for ever").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LockTimeout);
    assert!(
        error
            .to_string()
            .contains("just creating the tenant `initech`"),
        "{error}"
    );
    assert!(!is_there(&world, "initech"));
}
