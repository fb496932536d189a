//! Drivers that answer from a script, one that blocks and one that is polled by hand: what is sent, and in which order.

use std::future::Future;
use std::pin::pin;
use std::sync::{Arc, Mutex};
use std::task::{self, Poll, Waker};

use super::model::Plan;
use super::polled::{Polled, Sends, Sent, polled, transaction};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{
    Answer, Blocking, Command, Connection, Flow, Gives, Statement, TakesRow, Transactions, run,
};
use crate::name::{SchemaName, TenantKey};
use crate::place::{Context, TenantPlace};
use crate::query::Queries;
use crate::scope::{SharedScope, TenantScope};

/// Statements that a driver was told to send, and the one that fails; all else goes well.
#[derive(Clone, Default)]
struct Script {
    told: Arc<Mutex<Vec<String>>>,
    fails: Arc<Mutex<Option<Failing>>>,
}

/// How a statement begins that fails, how many such don't before, and the error.
type Failing = (&'static str, usize, Error);

impl Script {
    /// Has the first statement fail that begins so: refused with a code, or because the connection is lost.
    fn failing(sql: &'static str, kind: ErrorKind, code: Option<&str>) -> Self {
        Self::failing_after(0, sql, kind, code)
    }

    /// The same for the first but so many.
    fn failing_after(
        spared: usize,
        sql: &'static str,
        kind: ErrorKind,
        code: Option<&str>,
    ) -> Self {
        let error = match code {
            Some(code) => Error::refused(kind, code),
            None => Error::new(kind, "the connection is lost"),
        };
        let script = Self::default();
        *script.fails.lock().unwrap() = Some((sql, spared, error));
        script
    }

    fn answer(&self, statement: &Statement) -> Result<Answer> {
        let words = statement.sql.split(" \"").next().unwrap().to_owned();
        let mut fails = self.fails.lock().unwrap();
        if let Some((sql, spared, _)) = &mut *fails
            && statement.sql.starts_with(*sql)
        {
            if *spared == 0 {
                let (_, _, error) = fails.take().unwrap();
                self.told.lock().unwrap().push(format!("{words} fails"));
                return Err(error);
            }
            *spared -= 1;
        }
        self.told.lock().unwrap().push(words);
        Ok(match statement.gives {
            Gives::Rows => Answer::Rows(Vec::new()),
            Gives::Count | Gives::Each => Answer::Count(1),
            Gives::Nothing => Answer::Nothing,
        })
    }

    fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.told.lock().unwrap())
    }

    fn blocking(&self) -> SharedScope<Scripted> {
        let connection = Scripted {
            script: self.clone(),
            transactions: Transactions::default(),
        };
        SharedScope::new(connection, &context())
    }

    fn polled(&self) -> SharedScope<Polled<Self>> {
        SharedScope::new(Polled::new(self.clone()), &context())
    }
}

fn context() -> Context {
    Context::new("test".into(), SchemaName::new("shared").unwrap(), None)
}

struct Scripted {
    script: Script,
    transactions: Transactions,
}

impl Connection for Scripted {
    type Outcome<'a, T: 'a> = Result<T>;

    fn transactions(&mut self) -> &mut Transactions {
        &mut self.transactions
    }

    fn drive<'a, T: 'a>(&'a mut self, flow: Flow<'a, T>, context: &'a Context) -> Result<T> {
        run(self, flow, context)
    }
}

impl Blocking for Scripted {
    fn send(&mut self, statement: &Statement, _: TakesRow<'_>) -> Result<Answer> {
        self.script.answer(statement)
    }
}

impl Sends for Script {
    /// Sends at the first poll, and has the answer at the second.
    fn send(&self, statement: Statement) -> Sent {
        let script = self.clone();
        Sent::Whole(Box::pin(async move {
            let answer = script.answer(&statement);
            let mut waited = false;
            std::future::poll_fn(|_| {
                if std::mem::replace(&mut waited, true) {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
            .await;
            answer
        }))
    }
}

/// Polls a future by hand until it is over.
fn wait<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    let mut task = task::Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(value) = future.as_mut().poll(&mut task) {
            return value;
        }
    }
}

fn delete(scope: &mut SharedScope<Scripted>) -> Result<u64> {
    Plan::delete_where(Plan::everything()).execute(scope)
}

async fn delete_polled(scope: &mut SharedScope<Polled<Script>>) -> Result<u64> {
    Plan::delete_where(Plan::everything()).execute(scope).await
}

/// Does the same over both drivers: a statement in a transaction, one in a savepoint whose failure is kept, and the end.
fn both(script: impl Fn() -> Script) -> (Result<()>, Vec<String>) {
    let (blocking, by_hand) = (script(), script());
    let mut scope = blocking.blocking();
    let outcome = scope.transaction(|tx| {
        delete(tx)?;
        drop(tx.transaction(delete));
        Ok(())
    });
    let mut other = by_hand.polled();
    let other = wait(transaction(&mut other, async |tx| {
        delete_polled(tx).await?;
        drop(transaction(tx, async |tx| delete_polled(tx).await).await);
        Ok(())
    }));
    let told = blocking.told();
    assert_eq!(told, by_hand.told());
    let kind = |outcome: &Result<()>| outcome.as_ref().err().map(Error::kind);
    assert_eq!(kind(&outcome), kind(&other));
    (outcome, told)
}

const DELETE: &str = "DELETE FROM";
const INNER_ROLLBACK: &str = "ROLLBACK TO SAVEPOINT tenantry_1; RELEASE SAVEPOINT tenantry_1";

#[test]
fn a_transaction_and_a_savepoint_are_sent_alike_by_both_drivers() {
    let (outcome, told) = both(Script::default);
    outcome.unwrap();
    assert_eq!(
        told,
        [
            "BEGIN",
            DELETE,
            "SAVEPOINT tenantry_1",
            DELETE,
            "RELEASE SAVEPOINT tenantry_1",
            "COMMIT"
        ]
    );
}

#[test]
fn a_failure_in_a_savepoint_is_rolled_back_there() {
    // The first is of the transaction itself.
    let (outcome, told) =
        both(|| Script::failing_after(1, DELETE, ErrorKind::Unique, Some("23505")));
    outcome.unwrap();
    assert_eq!(told[3..], ["DELETE FROM fails", INNER_ROLLBACK, "COMMIT"]);
}

#[test]
fn a_failure_that_nobody_returns_keeps_the_transaction_from_being_committed() {
    let (outcome, told) = both(|| Script::failing("SAVEPOINT", ErrorKind::Database, Some("53200")));
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Aborted);
    assert_eq!(
        told,
        ["BEGIN", DELETE, "SAVEPOINT tenantry_1 fails", "ROLLBACK"]
    );
}

#[test]
fn a_lost_connection_is_unknown_only_where_something_may_have_been_committed() {
    let lost = |sql| both(move || Script::failing(sql, ErrorKind::Connection, None)).0;
    let kind = |sql| lost(sql).unwrap_err().kind();
    assert_eq!(kind("BEGIN"), ErrorKind::Connection);
    assert_eq!(kind(DELETE), ErrorKind::Connection);
    assert_eq!(kind("COMMIT"), ErrorKind::CommitUnknown);
    let alone = |statement: fn(&mut SharedScope<Scripted>) -> Error, sql, code| {
        statement(&mut Script::failing(sql, ErrorKind::Connection, code).blocking()).kind()
    };
    let write = |scope: &mut SharedScope<Scripted>| delete(scope).unwrap_err();
    let read = |scope: &mut SharedScope<Scripted>| Plan::query().all(scope).err().unwrap();
    assert_eq!(alone(write, DELETE, None), ErrorKind::CommitUnknown);
    // The server had ended the session before it was sent.
    assert_eq!(alone(write, DELETE, Some("57P05")), ErrorKind::Connection);
    assert_eq!(alone(read, "SELECT", None), ErrorKind::Connection);
}

#[test]
fn a_commit_that_is_refused_is_over() {
    let (outcome, told) = both(|| Script::failing("COMMIT", ErrorKind::ForeignKey, Some("23503")));
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::ForeignKey);
    assert_eq!(told.last().unwrap(), "COMMIT fails");
}

#[test]
fn a_future_dropped_at_any_await_has_the_next_statement_roll_back_first() {
    let after: [&[&str]; 5] = [
        &[],
        &["BEGIN", "ROLLBACK"],
        &["BEGIN", DELETE, "ROLLBACK"],
        &["BEGIN", DELETE, "COMMIT", "ROLLBACK"],
        &["BEGIN", DELETE, "COMMIT"],
    ];
    for (times, after) in after.into_iter().enumerate() {
        let script = Script::default();
        let mut scope = script.polled();
        let work = transaction(&mut scope, async |tx| delete_polled(tx).await);
        let done = wait(polled(times, work));
        assert_eq!(done.is_some(), times == 4);
        wait(delete_polled(&mut scope)).unwrap();
        assert_eq!(script.told(), [after, &[DELETE]].concat(), "{times}");
        assert!(scope.connection.transactions().is_idle());
    }
}

#[test]
fn a_savepoint_dropped_at_any_await_is_rolled_back_before_the_outer_one_goes_on() {
    let after: [&[&str]; 5] = [
        &[],
        &["SAVEPOINT tenantry_1", INNER_ROLLBACK],
        &["SAVEPOINT tenantry_1", DELETE, INNER_ROLLBACK],
        &[
            "SAVEPOINT tenantry_1",
            DELETE,
            "RELEASE SAVEPOINT tenantry_1",
            INNER_ROLLBACK,
        ],
        &[
            "SAVEPOINT tenantry_1",
            DELETE,
            "RELEASE SAVEPOINT tenantry_1",
        ],
    ];
    for (times, after) in after.into_iter().enumerate() {
        let script = Script::default();
        let mut scope = script.polled();
        wait(transaction(&mut scope, async |tx| {
            let inner = transaction(tx, async |tx| delete_polled(tx).await);
            polled(times, inner).await;
            delete_polled(tx).await
        }))
        .unwrap();
        assert_eq!(
            script.told(),
            [&["BEGIN"], after, &[DELETE, "COMMIT"]].concat(),
            "{times}"
        );
    }
}

#[test]
fn a_rollback_to_a_savepoint_that_fails_fails_the_whole() {
    let script = Script::failing("ROLLBACK TO", ErrorKind::Database, Some("3B001"));
    let mut scope = script.polled();
    let outcome = wait(transaction(&mut scope, async |tx| {
        let inner = transaction(tx, async |tx| delete_polled(tx).await);
        polled(3, inner).await;
        Ok(())
    }));
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Aborted);
    let told = script.told();
    assert_eq!(
        told[told.len() - 2..],
        [&format!("{INNER_ROLLBACK} fails"), "ROLLBACK"]
    );
}

#[test]
fn a_statement_dropped_in_a_transaction_is_asked_after_by_the_commit() {
    let script = Script::failing(
        "SAVEPOINT tenantry_probe",
        ErrorKind::Database,
        Some("25P02"),
    );
    let mut scope = script.polled();
    let outcome = wait(transaction(&mut scope, async |tx| {
        polled(1, delete_polled(tx)).await;
        Ok(())
    }));
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Aborted);
    assert_eq!(script.told().last().unwrap(), "ROLLBACK");
    // Outside of a transaction there is nothing to ask after.
    wait(polled(1, delete_polled(&mut scope)));
    wait(transaction(&mut scope, async |_| Ok(()))).unwrap();
    assert_eq!(script.told(), [DELETE, "BEGIN", "COMMIT"]);
}

#[test]
fn a_panic_rolls_back() {
    let script = Script::default();
    let mut scope = script.blocking();
    let panic = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let _: Result<()> = scope.transaction(|_| panic!("of the application"));
    }));
    assert!(panic.is_err());
    assert_eq!(script.told(), ["BEGIN", "ROLLBACK"]);
}

#[test]
fn a_creation_has_a_scope_when_the_tenant_is_entered_in_the_same_transaction() {
    for fails in [false, true] {
        let script = Script::default();
        let mut connection = script.blocking().connection;
        let begin = Flow::transaction(Command::Begin);
        run(&mut connection, begin, &context()).unwrap();
        let place = TenantPlace {
            id: 7,
            since: 1,
            key: TenantKey::new("acme").unwrap(),
            schema: SchemaName::new("acme").unwrap(),
            doubt: Arc::default(),
        };
        let mut scope = TenantScope::new(connection, &context(), place);
        let outcome = scope.finish(|tx| {
            Plan::delete_where(Plan::everything()).execute(&mut tx.shared_mut())?;
            if fails {
                return Err(Error::new(ErrorKind::NotFound, "of the application"));
            }
            Ok(())
        });
        assert_eq!(outcome.is_err(), fails);
        let end = if fails { "ROLLBACK" } else { "COMMIT" };
        assert_eq!(script.told(), ["BEGIN", DELETE, end]);
    }
}
