//! The isolation and access of transactions, and what becomes of those that were in conflict.

use std::cell::Cell;

use tenantry::prelude::*;
use tenantry::scope::TransactionBuilder;
use tenantry::{Error, ErrorKind};
use tenantry_tests::Shop;
use tenantry_tests::shop::{Customer, NewCustomer};

use super::{customer, names};

type Builder<'s> = TransactionBuilder<'s, TenantScope>;
type Built = fn(Builder<'_>) -> Builder<'_>;

fn mode(tx: &mut TenantScope, of: &str) -> tenantry::Result<String> {
    let setting = tx.sql(sql!("SELECT current_setting('transaction_' || $1)"));
    setting.bind(of).row()
}

fn modes(tx: &mut TenantScope) -> tenantry::Result<[String; 3]> {
    Ok([
        mode(tx, "isolation")?,
        mode(tx, "read_only")?,
        mode(tx, "deferrable")?,
    ])
}

#[test]
fn a_transaction_has_the_isolation_and_access_that_it_was_begun_with() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    let all: [(Built, [&str; 3]); 8] = [
        (|it| it, ["read committed", "off", "off"]),
        (|it| it.read_only(), ["read committed", "on", "off"]),
        (|it| it.repeatable_read(), ["repeatable read", "off", "off"]),
        (
            |it| it.repeatable_read().read_only(),
            ["repeatable read", "on", "off"],
        ),
        (|it| it.serializable(), ["serializable", "off", "off"]),
        (|it| it.deferrable(), ["serializable", "on", "on"]),
        (
            |it| it.serializable().read_committed(),
            ["read committed", "off", "off"],
        ),
        (
            |it| it.read_only().read_write(),
            ["read committed", "off", "off"],
        ),
    ];
    for (built, expected) in all {
        let seen = built(acme.build_transaction()).run(modes).unwrap();
        assert_eq!(seen, expected);
        let mut tx = built(acme.build_transaction()).begin().unwrap();
        assert_eq!(modes(&mut tx).unwrap(), expected);
        tx.commit().unwrap();
        // Nothing of it stays.
        let after = acme.transaction(modes).unwrap();
        assert_eq!(after, ["read committed", "off", "off"]);
    }
    // What is not said is as the database has it.
    acme.client()
        .batch_execute("SET default_transaction_isolation = 'serializable'; SET default_transaction_read_only = on")
        .unwrap();
    let usual = acme.transaction(modes).unwrap();
    assert_eq!(usual, ["serializable", "on", "off"]);
    let built = acme.build_transaction().read_committed().read_write();
    assert_eq!(built.run(modes).unwrap(), ["read committed", "off", "off"]);
}

#[test]
fn a_transaction_that_only_reads_is_refused_what_writes() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    customer(&mut acme, "Ann");
    let outcome = acme.build_transaction().read_only().run(|tx| {
        assert_eq!(Customer::query().count(tx)?, 1);
        Customer::update_where(Customer::everything())
            .set(Customer::NOTE, "seen")
            .execute(tx)
    });
    let error = outcome.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ReadOnly, "{error}");
    assert_eq!(error.tenant().unwrap().as_str(), "acme");
    assert_eq!(error.model(), Some("Customer"));
    assert!(!error.is_retryable());
    // Raw SQL, too.
    let outcome = acme
        .build_transaction()
        .read_only()
        .run(|tx| tx.sql(sql!("DELETE FROM {Customer}")).execute());
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::ReadOnly);
    assert_eq!(Customer::query().count(&mut acme).unwrap(), 1);
}

#[test]
fn a_savepoint_has_the_isolation_of_its_transaction() {
    let shop = Shop::new();
    let mut acme = shop.tenant("acme");
    acme.build_transaction()
        .repeatable_read()
        .run(|tx| {
            let inner = tx.build_transaction().serializable().run(modes);
            let error = inner.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Nested);
            assert_eq!(
                error.to_string(),
                "a transaction inside of another is a savepoint, and has the isolation and access of that (tenant `acme`)\n\
                 help: give both to the outermost transaction, and use `transaction` here"
            );
            let inner = tx.build_transaction().retrying(3).run(modes);
            let error = inner.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Nested);
            assert!(error.to_string().contains("`retrying`"), "{error}");
            // Nothing was sent, so the transaction goes on.
            let inner = tx.build_transaction().run(modes)?;
            assert_eq!(inner[0], "repeatable read");
            customer(tx, "Ann");
            Ok(())
        })
        .unwrap();
    assert_eq!(Customer::query().count(&mut acme).unwrap(), 1);
}

/// Two that read all customers and add one are in conflict, where they do as if one came after the other.
fn counted(tx: &mut TenantScope, name: &str) -> tenantry::Result<i64> {
    let count = Customer::query().count(tx)?;
    let new = NewCustomer::new(name, format!("{name}@x.example"), 1);
    Customer::insert(new).execute(tx)?;
    Ok(count)
}

#[test]
fn a_transaction_that_was_in_conflict_is_run_again() {
    let shop = Shop::new();
    let (mut acme, mut other) = (shop.tenant("acme"), shop.tenant("acme"));
    let runs = Cell::new(0);
    let count = acme
        .build_transaction()
        .serializable()
        .retrying(5)
        .run(|tx| {
            runs.set(runs.get() + 1);
            let count = counted(tx, "Ann")?;
            if runs.get() < 3 {
                let name = format!("Bob {}", runs.get());
                let theirs = other.build_transaction().serializable();
                theirs.run(|tx| counted(tx, &name))?;
            }
            Ok(count)
        });
    assert_eq!((count.unwrap(), runs.get()), (2, 3));
    let all = Customer::query().order_by(Customer::NAME.asc());
    let all = names(all.all(&mut acme).unwrap());
    assert_eq!(all, ["Ann", "Bob 1", "Bob 2"]);
}

#[test]
fn attempts_end_with_the_last_error() {
    let shop = Shop::new();
    let (mut acme, mut other) = (shop.tenant("acme"), shop.tenant("acme"));
    let runs = Cell::new(0);
    let mut conflict = |tx: &mut TenantScope| {
        runs.set(runs.get() + 1);
        let count = counted(tx, "Ann")?;
        let name = format!("Bob {}", runs.get());
        let theirs = other.build_transaction().serializable();
        theirs.run(|tx| counted(tx, &name))?;
        Ok(count)
    };
    for attempts in [0, 1, 3] {
        let before = runs.get();
        let retrying = acme.build_transaction().serializable().retrying(attempts);
        let error = retrying.run(&mut conflict).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Serialization, "{error}");
        assert!(error.is_retryable());
        assert_eq!(runs.get() - before, attempts.max(1));
    }
    assert_eq!(Customer::query().count(&mut acme).unwrap(), 5);
}

fn locked(tx: &mut TenantScope) -> tenantry::Result<Vec<String>> {
    tx.sql(sql!(
        "SELECT {Customer.name} FROM {Customer} FOR UPDATE NOWAIT"
    ))
    .rows()
}

#[derive(Debug)]
enum Told {
    Busy,
    Other(Error),
}

impl From<Error> for Told {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

#[test]
fn what_the_closure_makes_of_a_conflict_does_not_count() {
    let shop = Shop::new();
    let (mut acme, mut other) = (shop.tenant("acme"), shop.tenant("acme"));
    customer(&mut acme, "Ann");
    let mut theirs = other.begin().unwrap();
    locked(&mut theirs).unwrap();
    let mut theirs = Some(theirs);
    let runs = Cell::new(0);
    let retrying = acme.build_transaction().retrying(5);
    let outcome = retrying.run_with_error(|tx| -> Result<(), Told> {
        runs.set(runs.get() + 1);
        let locked = locked(tx);
        drop(theirs.take());
        match locked {
            Err(error) if error.kind() == ErrorKind::LockTimeout => Err(Told::Busy),
            Err(error) => Err(Told::Other(error)),
            Ok(_) => Ok(()),
        }
    });
    if let Err(Told::Other(error)) = &outcome {
        panic!("{error}");
    }
    assert!(outcome.is_ok(), "{outcome:?}");
    assert_eq!(runs.get(), 2);
    // What is no conflict is not run again, and neither is what follows one.
    let retrying = acme.build_transaction().retrying(5);
    let outcome = retrying.run_with_error(|_| -> Result<(), Told> {
        runs.set(runs.get() + 1);
        Err(Told::Busy)
    });
    assert!(matches!(outcome, Err(Told::Busy)), "{outcome:?}");
    assert_eq!(runs.get(), 3);
    let retrying = acme.build_transaction().retrying(5);
    let outcome = retrying.run(|tx| {
        runs.set(runs.get() + 1);
        Customer::insert(NewCustomer::new("Ann", "ann@x.example", 1)).execute(tx)
    });
    assert!(outcome.unwrap_err().is_unique());
    assert_eq!(runs.get(), 4);
}

#[test]
fn a_guard_rolls_back_unless_it_is_committed() {
    let shop = Shop::new();
    let (mut acme, mut other) = (shop.tenant("acme"), shop.tenant("acme"));
    let mut tx = acme.begin().unwrap();
    customer(&mut tx, "Ann");
    tx.commit().unwrap();
    let mut tx = acme.begin().unwrap();
    customer(&mut tx, "Bob");
    tx.rollback().unwrap();
    let mut tx = acme.begin().unwrap();
    let mut inner = tx.begin().unwrap();
    customer(&mut inner, "Cid");
    drop(inner);
    let mut inner = tx.begin().unwrap();
    customer(&mut inner, "Dan");
    inner.commit().unwrap();
    tx.transaction(|tx| Ok(customer(tx, "Eve"))).unwrap();
    tx.commit().unwrap();
    let mut tx = acme.begin().unwrap();
    customer(&mut tx, "Fay");
    drop(tx);
    // That was at once, and not with what is sent next.
    let locks = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in transaction%'";
    let open: i64 = other.client().query_one(locks, &[]).unwrap().get(0);
    assert_eq!(open, 0);
    let all = Customer::query().order_by(Customer::NAME.asc());
    let all = names(all.all(&mut acme).unwrap());
    assert_eq!(all, ["Ann", "Dan", "Eve"]);
    // A failed statement can't be committed.
    let mut tx = acme.begin().unwrap();
    customer(&mut tx, "Gus");
    let new = NewCustomer::new("Ann", "ann@x.example", 1);
    let refused = Customer::insert(new).execute(&mut tx);
    assert!(refused.unwrap_err().is_unique());
    assert_eq!(tx.commit().unwrap_err().kind(), ErrorKind::Aborted);
    assert_eq!(Customer::query().count(&mut acme).unwrap(), 3);
}
