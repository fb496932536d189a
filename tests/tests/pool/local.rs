//! Sockets of the machine: a server that falls silent there keeps nobody for longer than one over a network.

use std::thread;
use std::time::Duration;

use tenantry::across::SeesAllTenants;
use tenantry::migrate::Migrator;
use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry::tenant::TenantFilter;
use tenantry::{Error, ErrorKind};
use tenantry_tests::proxy::Proxy;
use tenantry_tests::shop::{Customer, NewPlan, Plan, SHOP};
use tenantry_tests::{Shop, chain_of_schema};

use crate::types::ends;

fn soon(options: &mut Options) {
    options.statement_timeout = Some(Duration::from_secs(1));
}

/// Work over a scope that has been used once.
type Work = fn(&mut SharedScope) -> Result<(), Error>;

/// Every kind of wait of a scope for its server, and the error that tells of silence there.
const WAITS: [(&str, ErrorKind, Work); 6] = [
    ("a query", ErrorKind::Connection, |scope| {
        Plan::query().count(scope).map(drop)
    }),
    ("rows one by one", ErrorKind::Connection, |scope| {
        let sql = sql!("SELECT code FROM {Plan}");
        scope.sql(sql).for_each(|_: String| Ok(())).map(drop)
    }),
    ("a write", ErrorKind::CommitUnknown, |scope| {
        let plan = NewPlan::new("lost", Decimal::ONE);
        Plan::insert(plan).execute(scope).map(drop)
    }),
    ("a copy", ErrorKind::Connection, |scope| {
        let plans = (0..3).map(|n| NewPlan::new(format!("lost{n}"), Decimal::ONE));
        Plan::copy_in(plans).execute(scope).map(drop)
    }),
    ("a transaction", ErrorKind::Connection, |scope| {
        scope.transaction(|tx| Plan::query().count(tx)).map(drop)
    }),
    (
        "SQL that is described first",
        ErrorKind::Connection,
        |scope| {
            let sql = sql!("SELECT max(code) FROM {Plan}");
            scope.sql(sql).rows::<Option<String>>().map(drop)
        },
    ),
];

#[test]
fn whatever_waits_for_a_silent_server_is_given_up() {
    let shop = Shop::new();
    let proxy = Proxy::start_local(&shop);
    for (what, kind, work) in WAITS {
        let db = proxy.database(&shop, soon).unwrap();
        let mut scope = db.shared().unwrap();
        Plan::query().count(&mut scope).unwrap();
        proxy.silence(true);
        let error = ends(move || {
            let error = work(&mut scope).unwrap_err();
            // It is closed without waiting for the server, too.
            drop(scope);
            error
        });
        assert_eq!(error.kind(), kind, "{what}: {error}");
        // Of what may have taken effect that is told instead.
        let tells = error.to_string().contains("silent for");
        assert_eq!(tells, kind == ErrorKind::Connection, "{what}: {error}");
        proxy.silence(false);
        assert_eq!(Plan::query().count(&mut db.shared().unwrap()).unwrap(), 2);
    }
}

/// Whoever works on the fleet, over a connection that was used before.
type FleetWork = fn(&Database) -> Result<(), Error>;

struct Staff;

impl SeesAllTenants for Staff {}

fn acme() -> TenantKey {
    TenantKey::new("acme").unwrap()
}

fn new() -> TenantKey {
    TenantKey::new("new").unwrap()
}

fn migrator(db: &Database) -> Migrator<&Database> {
    db.migrator(chain_of_schema(&SHOP))
}

/// Every look and change of control work over a `Database`.
const FLEET_WAITS: [(&str, FleetWork); 24] = [
    ("tenant", |db| db.tenant_now(&acme()).map(drop)),
    ("get", |db| db.tenants().get(&acme()).map(drop)),
    ("list", |db| {
        db.tenants().list(&TenantFilter::default()).map(drop)
    }),
    ("create", |db| db.tenants().create(&new()).map(drop)),
    ("create_with", |db| {
        db.tenants().create_with(&new(), |_| Ok(())).map(drop)
    }),
    ("create_or_get", |db| {
        db.tenants().create_or_get(&new()).map(drop)
    }),
    ("suspend", |db| db.tenants().suspend(&acme()).map(drop)),
    ("resume", |db| db.tenants().resume(&acme()).map(drop)),
    ("rename", |db| {
        db.tenants().rename(&acme(), &new()).map(drop)
    }),
    ("tag", |db| {
        db.tenants().tag(&acme(), &["beta"], &[]).map(drop)
    }),
    ("drop", |db| db.tenants().drop(&acme())),
    ("standbys", |db| db.tenants().standbys().map(drop)),
    ("refill", |db| db.tenants().refill_standbys(1).map(drop)),
    ("trim", |db| db.tenants().trim_standbys(0).map(drop)),
    ("pause", |db| db.rollout().pause()),
    ("resume", |db| db.rollout().resume()),
    ("abort", |db| db.rollout().abort()),
    ("is_paused", |db| db.rollout().is_paused().map(drop)),
    ("across", |db| {
        let mut fleet = db.across(&Staff)?;
        Customer::query().across(&mut fleet).map(drop)
    }),
    ("status", |db| migrator(db).status().map(drop)),
    ("groups", |db| migrator(db).groups().map(drop)),
    ("tenants", |db| migrator(db).tenants().map(drop)),
    ("dry_run", |db| migrator(db).dry_run().map(drop)),
    ("run", |db| migrator(db).run().map(drop)),
];

#[test]
fn so_is_whatever_is_done_with_the_fleet() {
    let shop = Shop::new();
    drop(shop.tenant("acme"));
    let proxy = Proxy::start_local(&shop);
    let waits = FLEET_WAITS.map(|(what, work)| {
        let db = proxy.database(&shop, soon).unwrap();
        drop(db.tenant_now(&acme()).unwrap());
        (what, work, db)
    });
    proxy.silence(true);
    let waiting = waits.map(|(what, work, db)| {
        let work = move || work(&db).unwrap_err();
        (what, thread::spawn(|| ends(work)))
    });
    for (what, waiting) in waiting {
        let error = waiting.join().expect(what);
        assert_eq!(error.kind(), ErrorKind::Connection, "{what}: {error}");
    }
}

#[test]
fn so_is_a_server_that_accepts_and_says_nothing() {
    let shop = Shop::new();
    let proxy = Proxy::start_local(&shop);
    for answered in [0, 1, 9, 200] {
        proxy.answer(answered);
        let error = proxy.database(&shop, |_| ()).map(drop).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Connection, "{error}");
        assert!(error.is_retryable());
    }
    proxy.answer(usize::MAX);
    assert!(proxy.database(&shop, |_| ()).is_ok());
}
