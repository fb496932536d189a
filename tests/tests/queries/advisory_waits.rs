//! How long an advisory lock is waited for, what is told of it, and where it would protect nothing.

use std::cell::Cell;
use std::thread;
use std::time::Duration;

use tenantry::postgres::NoTls;
use tenantry::prelude::*;
use tenantry::scope::{AdvisoryLock, LockAttempt, Options};
use tenantry::{Error, ErrorKind};
use tenantry_tests::Shop;
use tenantry_tests::shop::{Customer, NewCustomer};

use super::advisory::{pid, until_waiting};
use super::customer;

/// The limit of the one wait for an advisory lock, as the server was told.
fn limit_of_the_wait(shop: &Shop) -> String {
    let mut client = shop.database().connect();
    let waiting = "SELECT a.query FROM pg_locks AS k JOIN pg_stat_activity AS a USING (pid) \
         WHERE k.locktype = 'advisory' AND NOT k.granted AND a.datname = current_database()";
    let query: String = client.query_one(waiting, &[]).unwrap().get(0);
    let limit = query.split("set_config('lock_timeout', '").nth(1);
    limit.unwrap().split('\'').next().unwrap().to_owned()
}

fn set(tx: &mut TenantScope, name: &str, value: &str) -> tenantry::Result<String> {
    tx.sql(sql!(unchecked "SELECT set_config($1, $2, true)"))
        .bind(name)
        .bind(value)
        .row()
}

/// Settings of a transaction, the limit of a lock, and the limit that the server is told of then.
type Wait = (
    &'static [(&'static str, &'static str)],
    Option<Duration>,
    &'static str,
);

#[test]
fn the_server_is_told_the_limit_of_the_lock_or_session_or_10_seconds() {
    let shop = Shop::new();
    let (mut one, mut other) = (shop.tenant("acme"), shop.tenant("acme"));
    let waits: [Wait; 8] = [
        (&[], None, "10000ms"),
        (&[("lock_timeout", "1min")], None, "60000ms"),
        (
            &[("lock_timeout", "1500ms")],
            Some(Duration::from_secs(90)),
            "90000ms",
        ),
        (&[], Some(Duration::from_micros(70_000_999)), "70000ms"),
        // A statement is cancelled after 5 minutes, or what the session says, and the wait is over before.
        (&[], Some(Duration::MAX), "270000ms"),
        (&[("lock_timeout", "2h")], None, "270000ms"),
        (
            &[("statement_timeout", "1min")],
            Some(Duration::MAX),
            "54000ms",
        ),
        (&[("statement_timeout", "1d")], None, "10000ms"),
    ];
    for (settings, within, limit) in waits {
        let mut tx = one.begin().unwrap();
        tx.advisory_lock("x").unwrap();
        thread::scope(|threads| {
            let waiting = threads.spawn(|| {
                other.transaction(|tx| {
                    let mut lock = AdvisoryLock::new("x");
                    lock = within.into_iter().fold(lock, AdvisoryLock::within);
                    for (name, value) in settings {
                        set(tx, name, value)?;
                    }
                    let setting = sql!("SELECT current_setting('lock_timeout')");
                    let before = tx.sql(setting).row::<String>()?;
                    tx.advisory_lock(lock)?;
                    assert_eq!(tx.sql(setting).row::<String>()?, before);
                    Ok(())
                })
            });
            until_waiting(&shop, 1);
            let told = limit_of_the_wait(&shop);
            tx.rollback().unwrap();
            waiting.join().unwrap().unwrap();
            assert_eq!(told, limit, "{settings:?} {within:?}");
        });
    }
}

#[test]
fn a_wait_that_the_limit_of_statements_ends_is_told_as_the_lock() {
    let shop = Shop::new();
    let mut one = shop.tenant("acme");
    let holder = pid(&mut one);
    let mut tx = one.begin().unwrap();
    tx.advisory_lock("x").unwrap();
    let mut options = Options::default();
    options.statement_timeout = Some(Duration::from_secs(2));
    let db = Database::connect_with(&shop.database().config(), NoTls, options).unwrap();
    let mut short = db.tenant(&TenantKey::new("acme").unwrap()).unwrap();
    let mut of_session = shop.tenant("acme");
    let lock = AdvisoryLock::new("x").within(Duration::from_hours(1));
    let errors = [
        short.transaction(|tx| {
            let error = tx.advisory_lock(lock.clone()).unwrap_err();
            Customer::query().count(tx)?;
            Ok(error)
        }),
        of_session.transaction(|tx| {
            set(tx, "statement_timeout", "2s")?;
            let error = tx.advisory_lock(lock.clone()).unwrap_err();
            Customer::query().count(tx)?;
            Ok(error)
        }),
    ];
    for error in errors.map(Result::unwrap) {
        assert_eq!(error.kind(), ErrorKind::LockTimeout, "{error}");
        assert!(error.is_retryable());
        let text = error.to_string();
        let begin = format!("the advisory lock `x` was not had within 1.8s; session {holder} ");
        assert!(text.starts_with(&begin), "{text}");
        assert!(text.contains("with a longer `statement_timeout`"), "{text}");
    }
    drop(tx);
    short.transaction(|tx| tx.advisory_lock(lock)).unwrap();
}

/// One row, whoever comes first.
fn once(tx: &mut TenantScope) -> tenantry::Result<()> {
    tx.advisory_lock("once")?;
    if Customer::query().count(tx)? == 0 {
        customer(tx, "Ann");
    }
    Ok(())
}

#[test]
fn who_has_waited_sees_what_the_holder_has_committed() {
    let shop = Shop::new();
    let (mut one, mut other) = (shop.tenant("acme"), shop.tenant("acme"));
    let mut tx = one.begin().unwrap();
    once(&mut tx).unwrap();
    thread::scope(|threads| {
        let waiting = threads.spawn(|| other.transaction(once));
        until_waiting(&shop, 1);
        tx.commit().unwrap();
        waiting.join().unwrap().unwrap();
    });
    assert_eq!(Customer::query().count(&mut other).unwrap(), 1);
}

fn refused(tx: &mut TenantScope) -> tenantry::Result<[Error; 2]> {
    let errors = [
        tx.advisory_lock("once").unwrap_err(),
        tx.try_advisory_lock(AdvisoryLock::new("once").shared())
            .unwrap_err(),
    ];
    // It can go on, and nothing was taken.
    let taken = sql!(
        unchecked "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
    );
    assert_eq!(tx.sql(taken).row::<i64>()?, 0);
    Ok(errors)
}

#[test]
fn a_transaction_that_sees_what_was_before_the_wait_is_refused() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let check = |errors: tenantry::Result<[Error; 2]>, isolation: &str| {
        for error in errors.unwrap() {
            assert_eq!(error.kind(), ErrorKind::Configuration, "{error}");
            assert_eq!(error.tenant().unwrap().as_str(), "acme");
            let text = error.to_string();
            let begin =
                format!("an advisory lock protects nothing in a transaction that is {isolation}: ");
            assert!(text.starts_with(&begin), "{text}");
            assert!(
                text.contains("`build_transaction().read_committed()`"),
                "{text}"
            );
        }
    };
    let repeatable = acme.build_transaction().repeatable_read();
    check(repeatable.run(refused), "repeatable read");
    let serializable = acme.build_transaction().serializable().retrying(3);
    check(serializable.run(refused), "serializable");
    // The database may have it so by default.
    let default = "SET default_transaction_isolation = 'repeatable read'";
    acme.client().batch_execute(default).unwrap();
    check(acme.transaction(refused), "repeatable read");
    let read_committed = acme.build_transaction().read_committed();
    read_committed.run(|tx| tx.advisory_lock("once")).unwrap();
}

#[test]
fn the_holder_of_a_second_lock_is_told_as_it_is_by_then() {
    let shop = Shop::new();
    let [mut one, mut two, mut other] = [(); 3].map(|()| shop.tenant("acme"));
    let holders = [pid(&mut one), pid(&mut two)];
    let lock = AdvisoryLock::new("x").within(Duration::from_millis(1));
    other
        .transaction(|tx| {
            let mut first = one.begin()?;
            first.advisory_lock("x")?;
            let errors = [tx.advisory_lock(lock.clone()).unwrap_err(), {
                first.commit()?;
                let mut second = two.begin()?;
                second.advisory_lock("x")?;
                tx.advisory_lock(lock.clone()).unwrap_err()
            }];
            for (error, holder) in errors.iter().zip(holders) {
                let text = error.to_string();
                assert!(text.contains(&format!("session {holder} ")), "{text}");
                assert!(
                    text.contains(" has it, in a transaction that began "),
                    "{text}"
                );
            }
            Ok(())
        })
        .unwrap();
}

#[test]
fn who_may_not_look_for_the_holder_can_go_on() {
    let shop = Shop::new();
    let (mut one, mut other) = (shop.tenant("acme"), shop.tenant("acme"));
    // In this database alone.
    let mut client = shop.database().connect();
    let hidden = "REVOKE SELECT ON pg_locks FROM PUBLIC";
    client.batch_execute(hidden).unwrap();
    let lock = AdvisoryLock::new("x").within(Duration::from_millis(1));
    let mut held = one.begin().unwrap();
    held.advisory_lock("x").unwrap();
    let error = other.transaction(|tx| {
        let role = "SET LOCAL ROLE pg_monitor";
        tx.client().batch_execute(role).unwrap();
        let error = tx.advisory_lock(lock).unwrap_err();
        assert_eq!(tx.sql(sql!("SELECT 1")).row::<i32>()?, 1);
        Ok(error)
    });
    let error = error.unwrap();
    assert_eq!(error.kind(), ErrorKind::LockTimeout);
    let text = error.to_string();
    let begin = "the advisory lock `x` was not had within 1ms (tenant `acme`)\nhelp: ";
    assert!(text.starts_with(begin), "{text}");
}

#[derive(Debug)]
enum Told {
    Busy,
    Other,
}

impl From<Error> for Told {
    fn from(_: Error) -> Self {
        Self::Other
    }
}

#[test]
fn who_has_handled_that_a_lock_was_not_had_is_not_run_again() {
    let shop = Shop::new();
    let (mut one, mut other) = (shop.tenant("acme"), shop.tenant("acme"));
    let mut held = one.begin().unwrap();
    held.advisory_lock("x").unwrap();
    let lock = AdvisoryLock::new("x").within(Duration::from_millis(1));
    let runs = Cell::new(0);
    let busy = |tx: &mut TenantScope| {
        runs.set(runs.get() + 1);
        let error = tx.advisory_lock(lock.clone()).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::LockTimeout);
        error
    };
    let counted = |runs: &Cell<u32>| runs.replace(0);
    // It goes on with another statement, which is refused.
    let retrying = other.build_transaction().retrying(3);
    let outcome = retrying.run(|tx| {
        busy(tx);
        Customer::insert(NewCustomer::new("Ann", "ann@x.example", 99)).execute(tx)
    });
    assert!(outcome.unwrap_err().is_foreign_key());
    assert_eq!(counted(&runs), 1);
    // With an error of its own that is refused before it is sent.
    let retrying = other.build_transaction().retrying(3);
    let outcome = retrying.run(|tx| {
        busy(tx);
        tx.build_transaction().serializable().begin().map(drop)
    });
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Nested);
    assert_eq!(counted(&runs), 1);
    // With a statement, and an error that says nothing of it.
    let retrying = other.build_transaction().retrying(3);
    let outcome = retrying.run_with_error(|tx| -> Result<(), Told> {
        busy(tx);
        Customer::query().count(tx)?;
        Err(Told::Busy)
    });
    assert!(matches!(outcome, Err(Told::Busy)));
    assert_eq!(counted(&runs), 1);
    // Whoever passes it on is run again, whatever is made of it.
    let retrying = other.build_transaction().retrying(3);
    let outcome = retrying.run(|tx| Err::<(), _>(busy(tx)));
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::LockTimeout);
    assert_eq!(counted(&runs), 3);
    let retrying = other.build_transaction().retrying(3);
    let outcome = retrying.run_with_error(|tx| -> Result<(), Told> { Err(busy(tx).into()) });
    assert!(matches!(outcome, Err(Told::Other)));
    assert_eq!(counted(&runs), 3);
    // A later conflict counts.
    let retrying = other.build_transaction().retrying(3);
    let outcome = retrying.run(|tx| {
        busy(tx);
        let attempt = tx.try_advisory_lock("y")?;
        assert_eq!(attempt, LockAttempt::Taken);
        Err::<(), _>(busy(tx))
    });
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::LockTimeout);
    assert_eq!(counted(&runs), 6);
}
