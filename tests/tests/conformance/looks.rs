//! Looks at the fleet from a program: they wait for nobody longer than the options say, and change nothing.

use std::fmt::Debug;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use postgres::NoTls;
use tenantry::exec::blocking;
use tenantry::migrate::Migrator;
use tenantry::prelude::*;
use tenantry::scope::Options;
use tenantry::tenant::NewTenant;
use tenantry::{Error, ErrorKind};
use tenantry_tests::fleet::{ready, shop};

use crate::common::key;

/// How long a statement may take: longer than any needs that waits for nobody, on a slow machine.
const LIMIT: Duration = Duration::from_secs(2);

#[track_caller]
fn is_cancelled<T: Debug>(outcome: Result<T, Error>) {
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Cancelled, "{error}");
    let text = error.to_string();
    assert!(text.contains("longer than 2s\nhelp: "), "{text}");
}

#[test]
fn looks_at_the_fleet_end_while_somebody_has_the_metadata_tables() {
    let (database, patient, mut other) = ready(shop(), 0);
    patient.tenants().create(&key("acme")).unwrap();
    let mut options = Options::default();
    options.statement_timeout = Some(LIMIT);
    let db = Database::connect_with(&database.config(), NoTls, options).unwrap();
    let migrator = db.migrator(shop());
    for table in ["meta", "tenant", "rollout"] {
        let lock = format!("BEGIN; LOCK TABLE tenantry.{table} IN ACCESS EXCLUSIVE MODE");
        other.batch_execute(&lock).unwrap();
        if table == "rollout" {
            is_cancelled(db.rollout().is_paused());
        } else {
            thread::scope(|threads| {
                threads.spawn(|| is_cancelled(migrator.status()));
                threads.spawn(|| is_cancelled(migrator.tenants()));
                threads.spawn(|| is_cancelled(migrator.dry_run()));
                threads.spawn(|| is_cancelled(migrator.groups()));
            });
        }
        other.batch_execute("ROLLBACK").unwrap();
    }
    // The connections that were cancelled are lent to nobody.
    assert_eq!(migrator.tenants().unwrap().len(), 1);
    assert!(migrator.dry_run().unwrap().steps.is_empty());
    assert_eq!(migrator.status().unwrap().tenant_position, 3);
    assert!(!db.rollout().is_paused().unwrap());
}

/// A call of a migrator, told as whether it has succeeded.
type Call = fn(&Migrator<&Database>) -> Result<(), Error>;

/// Calls that take no turn, or read before they take one.
const CALLS: [(&str, Call); 7] = [
    ("adopt", |it| {
        it.adopt(&NewTenant::new(&key("new"))).map(drop)
    }),
    ("attempt", |it| {
        it.clone().only([key("acme")]).attempt().map(drop)
    }),
    ("attempt_rollback", |it| {
        it.clone()
            .only([key("acme")])
            .attempt_rollback(Some("0002"))
            .map(drop)
    }),
    ("drift", |it| it.drift().map(drop)),
    ("rollback", |it| it.rollback(Some("0002")).map(drop)),
    ("try_new_tenant", |it| it.try_new_tenant().map(drop)),
    ("try_out", |it| it.try_out().map(drop)),
];

#[test]
fn work_without_a_turn_ends_while_somebody_has_the_metadata_tables() {
    let (database, db, mut other) = ready(shop(), 0);
    db.tenants().create(&key("acme")).unwrap();
    let lock = "SET application_name = 'in the way'; BEGIN; LOCK TABLE tenantry.meta";
    other.batch_execute(lock).unwrap();
    let (told, ended) = mpsc::channel();
    for (name, call) in CALLS {
        let (db, told) = (db.clone(), told.clone());
        thread::spawn(move || told.send((name, call(&db.migrator(shop())))));
    }
    let mut left = CALLS.map(|(name, _)| name).to_vec();
    for _ in CALLS {
        let outcome = ended.recv_timeout(Duration::from_mins(2));
        let (name, outcome) = outcome.unwrap_or_else(|_| panic!("these wait for ever: {left:?}"));
        left.retain(|it| *it != name);
        let error = outcome.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LockTimeout, "{name}: {error}");
        let text = error.to_string();
        for part in ["`in the way`", "`tenantry.meta`", "\nhelp: "] {
            assert!(text.contains(part), "{name}: `{part}` is not in: {text}");
        }
    }
    other.batch_execute("ROLLBACK").unwrap();
    assert!(db.migrator(shop()).drift().unwrap().found.is_empty());
    drop((db, database));
}

#[tokio::test]
async fn so_they_do_from_a_task() {
    let (database, other) = blocking(|| {
        let (database, db, other) = ready(shop(), 0);
        drop(db);
        (database, other)
    });
    let mut options = Options::default();
    options.statement_timeout = Some(LIMIT);
    let db = tenantry::tokio::Database::connect_with(&database.config(), NoTls, options).await;
    let db = db.unwrap();
    let other = blocking(|| {
        let mut other = other;
        let lock = "BEGIN; LOCK TABLE tenantry.meta IN ACCESS EXCLUSIVE MODE";
        other.batch_execute(lock).unwrap();
        other
    });
    is_cancelled(db.blocking(|db| db.migrator(shop()).status()).await);
    blocking(|| drop(other));
    drop(db);
    blocking(|| drop(database));
}
