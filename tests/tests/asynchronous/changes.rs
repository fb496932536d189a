//! Changes of the registry: futures that wait for others, and that are dropped at any await.

use tokio::time::timeout;

use super::*;

#[tokio::test]
async fn a_change_that_is_dropped_at_any_await_is_made_as_a_whole_or_not_at_all() {
    let world = World::with(|options| options.max_connections = 2).await;
    for times in 0.. {
        let (from, to) = (format!("t{times}"), format!("t{}", times + 1));
        if times == 0 {
            let renamed = world.db.tenants().rename(key("acme"), key("t0"));
            renamed.await.unwrap();
        }
        let done = polled(times, world.db.tenants().rename(key(&from), key(&to))).await;
        world.settles().await;
        let is_there = async |name: &str| world.db.tenant_now(&key(name)).await.is_ok();
        let is_renamed = is_there(&to).await;
        assert_ne!(is_there(&from).await, is_renamed, "{times}");
        if let Some(done) = done {
            done.unwrap();
            assert!(is_renamed);
            break;
        }
        if !is_renamed {
            let renamed = world.db.tenants().rename(key(&from), key(&to));
            renamed.await.unwrap();
        }
    }
    assert!(world.all_back().await <= 2);
}

#[tokio::test]
async fn a_change_that_is_kept_waiting_has_no_connection_in_its_pauses() {
    let world = World::with(|options| options.max_connections = 1).await;
    let mut other = blocking(|| world.shop.database().connect());
    let lock = "BEGIN; SELECT FROM tenantry.tenant WHERE key = 'acme' FOR UPDATE";
    blocking(|| other.batch_execute(lock)).unwrap();
    let tenants = world.db.tenants();
    let mut suspend = Box::pin(tenants.suspend(key("acme")));
    // Others use the only connection while it waits for its next attempt.
    let mut globex = world.db.tenant(&key("globex")).await.unwrap();
    for _ in 0..10 {
        let poll = Duration::from_millis(5);
        assert!(timeout(poll, &mut suspend).await.is_err());
        let count = Customer::query().count(&mut globex);
        tokio::select! {
            outcome = &mut suspend => panic!("{outcome:?}"),
            count = count => assert_eq!(count.unwrap(), 0),
        }
    }
    blocking(|| other.batch_execute("ROLLBACK")).unwrap();
    let suspended = suspend.await.unwrap();
    assert_eq!(suspended.state().as_str(), "suspended");
    let refused = world.db.tenant(&key("acme")).await.unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::TenantState);
    blocking(|| drop(other));
}

#[tokio::test]
async fn who_gives_up_waiting_is_told_who_was_in_the_way() {
    let world = World::with(|options| options.lock_wait = Duration::from_millis(200)).await;
    let mut other = blocking(|| world.shop.database().connect());
    let lock =
        "SET application_name = 'in the way'; BEGIN; LOCK TABLE tenantry.tenant IN EXCLUSIVE MODE";
    blocking(|| other.batch_execute(lock)).unwrap();
    let error = world.db.tenants().suspend(key("acme")).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::LockTimeout);
    assert!(error.is_retryable());
    let text = error.to_string();
    assert!(
        text.contains("`in the way`") && text.contains("\nhelp: "),
        "{text}"
    );
    assert_eq!(error.tenant().map(TenantKey::as_str), Some("acme"));
    blocking(|| drop(other));
    let suspended = world.db.tenants().suspend(key("acme")).await;
    assert_eq!(suspended.unwrap().state().as_str(), "suspended");
}

#[tokio::test]
async fn a_change_that_is_refused_says_what_it_says_to_those_who_block() {
    let world = World::new().await;
    let blocking_db = blocking(|| world.shop.db().clone());
    let tenants = world.db.tenants();
    let pairs = [
        (
            tenants.rename(key("acme"), key("GLOBEX")).await,
            blocking(|| blocking_db.tenants().rename(key("acme"), key("GLOBEX"))),
            ErrorKind::TenantExists,
        ),
        (
            tenants.suspend(key("amce")).await,
            blocking(|| blocking_db.tenants().suspend(key("amce"))),
            ErrorKind::UnknownTenant,
        ),
        (
            tenants.tag(key("nobody"), &["x"], &[]).await,
            blocking(|| blocking_db.tenants().tag(key("nobody"), &["x"], &[])),
            ErrorKind::UnknownTenant,
        ),
        (
            tenants.tag(key("acme"), &["a b"], &[]).await,
            blocking(|| blocking_db.tenants().tag(key("acme"), &["a b"], &[])),
            ErrorKind::Name,
        ),
    ];
    for (told, other, kind) in pairs {
        let (told, other) = (told.unwrap_err(), other.unwrap_err());
        assert_eq!(told.kind(), kind);
        assert_eq!(told.to_string(), other.to_string());
        assert!(told.to_string().contains("\nhelp: "), "{told}");
    }
}
