//! A network that falls silent: whoever waits gets an error in time.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use postgres::{Config, NoTls};
use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry::{Error, ErrorKind};
use tenantry_tests::Shop;
use tenantry_tests::proxy::Proxy;
use tenantry_tests::shop::{NewPlan, Plan};

/// Runs something that would wait for ever, and shows that it ends with an error. The bound is wide, for slow machines.
#[track_caller]
fn ends<T>(kind: ErrorKind, work: impl FnOnce() -> Result<T, Error>) -> Error {
    let began = Instant::now();
    let error = work().map(drop).unwrap_err();
    assert_eq!(error.kind(), kind, "{error}");
    assert!(
        began.elapsed() < Duration::from_mins(1),
        "{:?}",
        began.elapsed()
    );
    error
}

#[test]
fn a_server_that_accepts_and_says_nothing_is_given_up() {
    let shop = Shop::new();
    let proxy = Proxy::start(&shop);
    for answered in [0, 1, 9, 200] {
        proxy.answer(answered);
        let error = ends(ErrorKind::Connection, || proxy.database(&shop, |_| ()));
        assert!(error.is_retryable());
    }
    proxy.answer(usize::MAX);
    assert!(proxy.database(&shop, |_| ()).is_ok());
}

#[test]
fn the_option_bounds_what_the_address_does_not() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let config: Config = format!("postgres://app@127.0.0.1:{port}/app")
        .parse()
        .unwrap();
    let mut options = Options::default();
    options.connect_timeout = Duration::from_millis(300);
    ends(ErrorKind::Connection, || {
        Database::connect_with(&config, NoTls, options)
    });
}

#[test]
fn idle_connections_over_a_silent_network_hold_nobody_up() {
    let shop = Shop::new();
    shop.tenant("acme");
    let proxy = Proxy::start(&shop);
    let db = proxy.database(&shop, |_| ()).unwrap();
    let acme = TenantKey::new("acme").unwrap();
    drop((db.tenant_now(&acme).unwrap(), db.tenant_now(&acme).unwrap()));
    proxy.silence(true);
    for _ in 0..3 {
        ends(ErrorKind::Connection, || db.tenant_now(&acme));
    }
    proxy.silence(false);
    assert!(
        db.tenant_now(&acme).is_ok() && db.tenant_now(&acme).is_ok(),
        "no place was lost"
    );
    drop((db.tenant_now(&acme).unwrap(), db.tenant_now(&acme).unwrap()));
}

#[test]
fn a_statement_over_a_silent_network_is_given_up() {
    let shop = Shop::new();
    let proxy = Proxy::start(&shop);
    let db = proxy
        .database(&shop, |options| {
            options.statement_timeout = Some(Duration::from_millis(1500));
        })
        .unwrap();
    let mut scope = db.shared().unwrap();
    Plan::query().count(&mut scope).unwrap();
    proxy.silence(true);
    ends(ErrorKind::Connection, || Plan::query().count(&mut scope));
    drop(scope);
    proxy.silence(false);

    let mut scope = db.shared().unwrap();
    Plan::query().count(&mut scope).unwrap();
    proxy.silence(true);
    let insert = Plan::insert(NewPlan::new("lost", Decimal::ONE));
    let error = ends(ErrorKind::CommitUnknown, || insert.execute(&mut scope));
    assert!(!error.is_retryable());
}

#[test]
fn a_statement_that_takes_too_long_is_cancelled_and_says_so() {
    let shop = Shop::new();
    let proxy = Proxy::start(&shop);
    let limit =
        |options: &mut Options| options.statement_timeout = Some(Duration::from_millis(1500));
    let near = {
        let mut options = Options::default();
        limit(&mut options);
        Database::connect_with(&shop.database().config(), NoTls, options).unwrap()
    };
    for db in [proxy.database(&shop, limit).unwrap(), near] {
        let mut scope = db.shared().unwrap();
        for _ in 0..2 {
            let long = sql!("SELECT pg_sleep(600)::text");
            let error = ends(ErrorKind::Cancelled, || scope.sql(long).rows::<String>());
            assert!(error.to_string().contains("statement_timeout"), "{error}");
        }
        drop(scope);
        assert_eq!(Plan::query().count(&mut db.shared().unwrap()).unwrap(), 2);
    }
}

#[test]
fn connections_that_died_while_they_were_idle_fail_nobody() {
    let shop = Shop::new();
    shop.tenant("acme");
    let proxy = Proxy::start(&shop);
    let db = proxy
        .database(&shop, |options| options.max_connections = 4)
        .unwrap();
    let acme = TenantKey::new("acme").unwrap();
    let fill = || drop([(); 4].map(|()| db.shared().unwrap()));
    fill();
    proxy.cut();
    assert!(db.tenant(&acme).is_ok());
    fill();
    proxy.cut();
    assert_eq!(Plan::query().count(&mut db.shared().unwrap()).unwrap(), 2);
    fill();
    proxy.cut();
    let mut scope = db.shared().unwrap();
    Plan::insert(NewPlan::new("new", Decimal::ONE))
        .execute(&mut scope)
        .unwrap();
    drop(scope);
    fill();
    proxy.cut();
    let mut scope = db.shared().unwrap();
    let inside = scope.transaction(|tx| Plan::query().count(tx));
    assert_eq!(inside.unwrap(), 3);
    drop(scope);
    fill();
    proxy.cut();
    assert!(
        db.shared()
            .unwrap()
            .client()
            .query_typed("SELECT 1", &[])
            .is_ok()
    );
    fill();
    proxy.cut();
    assert!(db.tenants().get(&acme).is_ok());
    // None was lost, and none too many is open.
    let all = [(); 4].map(|()| db.shared().unwrap());
    assert_eq!(db.shared().unwrap_err().kind(), ErrorKind::Resources);
    drop(all);
}
