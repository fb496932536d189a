//! Advisory locks that are named by the tenant.

use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

use tenantry::prelude::*;
use tenantry::scope::{AdvisoryLock, LockAttempt};
use tenantry::{Error, ErrorKind};
use tenantry_tests::Shop;
use tenantry_tests::shop::Customer;
use tenantry_tests::wait::until;

/// Whether the lock is free for this scope, which has none of it.
fn is_free(scope: &mut TenantScope, lock: impl Into<AdvisoryLock>) -> bool {
    let attempt = scope.transaction(|tx| tx.try_advisory_lock(lock));
    attempt.unwrap().is_taken()
}

pub(crate) fn pid(scope: &mut TenantScope) -> i32 {
    scope.sql(sql!("SELECT pg_backend_pid()")).row().unwrap()
}

/// Waits until so many sessions of the database wait for an advisory lock.
pub(crate) fn until_waiting(shop: &Shop, many: i64) {
    let mut client = shop.database().connect();
    let waiting = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted \
         AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";
    until("sessions wait for the lock", || {
        client.query_one(waiting, &[]).unwrap().get::<_, i64>(0) == many
    });
}

#[test]
fn one_at_a_time_has_it_and_the_others_wait() {
    let shop = Shop::new();
    let (running, done) = (AtomicU32::new(0), AtomicU32::new(0));
    let mut first = shop.tenant("acme");
    let mut tx = first.begin().unwrap();
    tx.advisory_lock("invoice-run").unwrap();
    thread::scope(|threads| {
        for _ in 0..3 {
            threads.spawn(|| {
                let run = |tx: &mut TenantScope| {
                    tx.advisory_lock("invoice-run")?;
                    assert_eq!(running.fetch_add(1, Ordering::SeqCst), 0);
                    Customer::query().count(tx)?;
                    running.fetch_sub(1, Ordering::SeqCst);
                    done.fetch_add(1, Ordering::SeqCst);
                    Ok(())
                };
                shop.tenant("acme").transaction(run).unwrap();
            });
        }
        until_waiting(&shop, 3);
        assert_eq!(done.load(Ordering::SeqCst), 0);
        tx.commit().unwrap();
    });
    assert_eq!(done.load(Ordering::SeqCst), 3);
    assert!(is_free(&mut first, "invoice-run"));
}

#[test]
fn each_tenant_and_the_shared_scopes_have_names_of_their_own() {
    let shop = Shop::new();
    let (mut acme, mut globex) = (shop.tenant("acme"), shop.tenant("globex"));
    let mut other = shop.tenant("acme");
    acme.transaction(|tx| {
        tx.advisory_lock("invoice-run")?;
        assert!(!is_free(&mut other, "invoice-run"));
        assert!(is_free(&mut other, "Invoice-run"));
        assert!(is_free(&mut other, "invoice-run\0"));
        assert!(is_free(&mut other, ""));
        assert!(is_free(&mut globex, "invoice-run"));
        // Over the same connection, where a lock that is taken again would be had too.
        tx.shared_mut().advisory_lock("invoice-run")?;
        let mut shared = shop.db().shared()?;
        let mut attempt = |name| shared.transaction(|tx| tx.try_advisory_lock(name));
        assert_eq!(attempt("invoice-run")?, LockAttempt::Busy);
        assert_eq!(attempt("import")?, LockAttempt::Taken);
        // Once more, and in a savepoint.
        tx.advisory_lock("invoice-run")?;
        tx.transaction(|tx| tx.advisory_lock("invoice-run"))
    })
    .unwrap();
    assert!(is_free(&mut other, "invoice-run"));
}

#[test]
fn a_rename_changes_no_lock_and_another_tenant_of_the_same_key_has_another() {
    let shop = Shop::new();
    let [acme, initech] = ["acme", "initech"].map(|key| TenantKey::new(key).unwrap());
    let mut before = shop.tenant("acme");
    let mut tx = before.begin().unwrap();
    tx.advisory_lock("invoice-run").unwrap();
    shop.db().tenants().rename(&acme, &initech).unwrap();
    let mut renamed = shop.db().tenant(&initech).unwrap();
    assert!(!is_free(&mut renamed, "invoice-run"));
    let mut new = shop.tenant("acme");
    assert!(is_free(&mut new, "invoice-run"));
    tx.commit().unwrap();
    assert!(is_free(&mut renamed, "invoice-run"));
}

#[test]
fn shared_locks_are_had_together_and_keep_out_who_does_not_share() {
    let shop = Shop::new();
    let (mut one, mut other) = (shop.tenant("acme"), shop.tenant("acme"));
    let books = AdvisoryLock::new("books");
    let shared = books.clone().shared();
    one.transaction(|tx| {
        tx.advisory_lock(shared.clone())?;
        other.transaction(|tx| tx.advisory_lock(shared.clone()))?;
        assert!(is_free(&mut other, shared.clone()));
        assert!(!is_free(&mut other, books.clone()));
        // Nobody else shares it now, so it can be had alone too.
        tx.advisory_lock(books.clone())?;
        assert!(!is_free(&mut other, shared.clone()));
        Ok(())
    })
    .unwrap();
    assert!(is_free(&mut other, books));
}

#[test]
fn who_does_not_get_it_in_time_is_told_who_has_it_and_can_go_on() {
    let shop = Shop::new();
    let (mut one, mut other) = (shop.tenant("acme"), shop.tenant("acme"));
    let holder = pid(&mut one);
    let lock = AdvisoryLock::new("invoice-run").within(Duration::ZERO);
    one.transaction(|tx| {
        tx.advisory_lock("invoice-run")?;
        other.transaction(|tx| {
            let limit = sql!("SELECT current_setting('lock_timeout')");
            let before = tx.sql(limit).row::<String>()?;
            let error = tx.advisory_lock(lock.clone()).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::LockTimeout);
            assert!(error.is_retryable());
            assert_eq!(error.tenant().unwrap().as_str(), "acme");
            let text = error.to_string();
            let begin =
                format!("the advisory lock `invoice-run` was not had within 1ms; session {holder}");
            assert!(text.starts_with(&begin), "{text}");
            assert!(
                text.contains(" has it, in a transaction that began "),
                "{text}"
            );
            assert!(text.contains("\nhelp: run the transaction again"), "{text}");
            Customer::query().count(tx)?;
            assert_eq!(tx.sql(limit).row::<String>()?, before);
            Ok(())
        })
    })
    .unwrap();
    // It was waited for, and the limit is as before.
    let mut tx = one.begin().unwrap();
    tx.advisory_lock("invoice-run").unwrap();
    thread::scope(|threads| {
        let waiting = threads.spawn(|| {
            other.transaction(|tx| {
                tx.sql(sql!("SELECT set_config('lock_timeout', '1min', true)"))
                    .row::<String>()?;
                tx.advisory_lock(AdvisoryLock::new("invoice-run").within(Duration::MAX))?;
                tx.sql(sql!("SELECT current_setting('lock_timeout')"))
                    .row::<String>()
            })
        });
        until_waiting(&shop, 1);
        tx.rollback().unwrap();
        assert_eq!(waiting.join().unwrap().unwrap(), "1min");
    });
}

#[test]
fn a_transaction_that_did_not_get_it_is_run_again() {
    let shop = Shop::new();
    let (mut one, mut other) = (shop.tenant("acme"), shop.tenant("acme"));
    let mut held = Some(one.begin().unwrap());
    held.as_mut().unwrap().advisory_lock("x").unwrap();
    let mut attempts = 0;
    let lock = AdvisoryLock::new("x").within(Duration::from_millis(1));
    let run = other.build_transaction().retrying(3).run(|tx| {
        attempts += 1;
        if attempts == 2 {
            held = None;
        }
        tx.advisory_lock(lock.clone())
    });
    run.unwrap();
    assert_eq!(attempts, 2);
}

#[test]
fn two_that_wait_for_each_other_are_a_deadlock() {
    let shop = Shop::new();
    let mut one = shop.tenant("acme");
    let mut tx = one.begin().unwrap();
    tx.advisory_lock("a").unwrap();
    thread::scope(|threads| {
        let other = threads.spawn(|| {
            let both = |tx: &mut TenantScope| {
                tx.advisory_lock("b")?;
                tx.advisory_lock("a")
            };
            shop.tenant("acme").transaction(both)
        });
        until_waiting(&shop, 1);
        let mine = tx.advisory_lock("b");
        let went_on = Customer::query().count(&mut tx);
        drop(tx);
        let outcomes = [mine, other.join().unwrap()];
        let failed: Vec<&Error> = outcomes.iter().filter_map(|it| it.as_ref().err()).collect();
        assert_eq!(failed.len(), 1, "{outcomes:?}");
        assert_eq!(failed[0].kind(), ErrorKind::Deadlock);
        went_on.unwrap();
    });
}

#[test]
fn it_is_given_back_with_its_savepoint_and_by_a_killed_session() {
    let shop = Shop::new();
    let (mut one, mut other) = (shop.tenant("acme"), shop.tenant("acme"));
    let killed = pid(&mut one);
    let mut tx = one.begin().unwrap();
    let undone = tx.transaction(|tx| {
        tx.advisory_lock("x")?;
        assert!(!is_free(&mut other, "x"));
        Err::<(), Error>(tx.sql(sql!("SELECT 1/0")).row::<i32>().unwrap_err())
    });
    assert!(undone.is_err() && is_free(&mut other, "x"));
    tx.advisory_lock("x").unwrap();
    let kill = "SELECT pg_terminate_backend($1)";
    shop.database().connect().execute(kill, &[&killed]).unwrap();
    other.transaction(|tx| tx.advisory_lock("x")).unwrap();
    assert!(tx.commit().is_err());
}

#[test]
fn a_lock_without_a_transaction_is_refused_before_it_is_sent() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let error = acme.advisory_lock("invoice-run").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    assert_eq!(
        error.to_string(),
        "an advisory lock ends with its transaction, and there is none (tenant `acme`)\n\
         help: take it in `scope.transaction(|tx| ..)`, on `tx`"
    );
    let error = acme.try_advisory_lock("invoice-run").unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
    let mut shared = shop.db().shared().unwrap();
    let error = shared.advisory_lock(&"x".to_owned()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Configuration);
}

#[test]
fn a_transaction_that_only_reads_can_have_it() {
    let shop = Shop::new();
    let (mut acme, mut other) = (shop.tenant("acme"), shop.tenant("acme"));
    let mut report = acme.build_transaction().read_only().begin().unwrap();
    report.advisory_lock("books").unwrap();
    assert!(!is_free(&mut other, "books"));
    report.commit().unwrap();
}
