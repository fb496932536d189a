//! A driver that answers from a script: what is sent, and in which order.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use postgres::Row;

use super::model::Plan;
use super::rows::plans;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{
    Answer, Begin, Blocking, Came, Command, Connection, CopyPart, Flow, Gives, GivesParts,
    Statement, TakesRow, Transactions, run,
};
use crate::name::{SchemaName, TenantKey};
use crate::place::{Context, TenantPlace};
use crate::query::Queries;
use crate::scope::{SharedScope, TenantScope, Transaction};

/// Statements that a driver was told to send, and the one that fails; all else goes well.
#[derive(Clone, Default)]
pub(super) struct Script {
    told: Arc<Mutex<Vec<String>>>,
    fails: Arc<Mutex<Option<Failing>>>,
    /// The rows that each query gives: the codes of plans.
    plans: &'static [&'static str],
    /// The error that comes after them, once.
    breaks: Arc<Mutex<Option<Error>>>,
}

/// How a statement begins that fails, how many such don't before, and the error.
type Failing = (&'static str, usize, Error);

impl Script {
    /// Has the first statement fail that begins so: refused with a code, or because the connection is lost.
    pub(super) fn failing(sql: &'static str, kind: ErrorKind, code: Option<&str>) -> Self {
        Self::failing_after(0, sql, kind, code)
    }

    /// The same for the first but so many.
    fn failing_after(
        spared: usize,
        sql: &'static str,
        kind: ErrorKind,
        code: Option<&str>,
    ) -> Self {
        let script = Self::default();
        *script.fails.lock().unwrap() = Some((sql, spared, failure(kind, code)));
        script
    }

    /// Gives these plans to whoever asks.
    pub(super) fn of(plans: &'static [&'static str]) -> Self {
        Self {
            plans,
            ..Self::default()
        }
    }

    /// Has the first query fail after its rows.
    pub(super) fn breaking(self, kind: ErrorKind, code: Option<&str>) -> Self {
        *self.breaks.lock().unwrap() = Some(failure(kind, code));
        self
    }

    pub(super) fn answer(&self, statement: &Statement, row: TakesRow<'_>) -> Result<Answer> {
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
        match statement.gives {
            Gives::Rows => self.whole().map(|()| Answer::Rows(self.rows())),
            Gives::Each => {
                let rows = self.rows();
                let count = rows.len() as u64;
                for next in rows {
                    row(Came::Row(next));
                }
                self.whole().map(|()| Answer::Count(count))
            }
            Gives::Count | Gives::Copied | Gives::Data => Ok(Answer::Count(1)),
            Gives::Nothing => Ok(Answer::Nothing),
        }
    }

    fn rows(&self) -> Vec<Row> {
        match self.plans {
            [] => Vec::new(),
            codes => plans(codes),
        }
    }

    /// Fails where a query is to break after its rows.
    fn whole(&self) -> Result<()> {
        self.breaks.lock().unwrap().take().map_or(Ok(()), Err)
    }

    pub(super) fn pause(&self) {
        self.told.lock().unwrap().push("pause".to_owned());
    }

    pub(super) fn told(&self) -> Vec<String> {
        std::mem::take(&mut self.told.lock().unwrap())
    }

    pub(super) fn blocking(&self) -> SharedScope<Scripted> {
        let connection = Scripted {
            script: self.clone(),
            transactions: Transactions::default(),
        };
        SharedScope::new(connection, &context())
    }
}

pub(super) fn context() -> Context {
    Context::new("test".into(), SchemaName::new("shared").unwrap(), None)
}

pub(super) struct Scripted {
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
    fn send(&mut self, statement: &Statement, row: TakesRow<'_>) -> Result<Answer> {
        self.script.answer(statement, row)
    }

    fn copy(&mut self, statement: &Statement, part: GivesParts<'_>) -> Result<Answer> {
        while let CopyPart::Data(_) = part() {}
        self.script.answer(statement, &mut drop)
    }

    fn pause(&mut self, _: Duration) {
        self.script.pause();
    }
}

/// Returns the error of a server that refuses, or of a lost connection where there is no code.
fn failure(kind: ErrorKind, code: Option<&str>) -> Error {
    match code {
        Some(code) => Error::refused(kind, code),
        None => Error::new(kind, "the connection is lost"),
    }
}

pub(super) fn delete(scope: &mut SharedScope<Scripted>) -> Result<u64> {
    Plan::delete_where(Plan::everything()).execute(scope)
}

/// Runs a statement in a transaction, and one in a savepoint whose failure is kept.
fn nested(script: &Script) -> (Result<()>, Vec<String>) {
    let outcome = script.blocking().transaction(|tx| {
        delete(tx)?;
        drop(tx.transaction(delete));
        Ok(())
    });
    (outcome, script.told())
}

pub(super) const DELETE: &str = "DELETE FROM";
pub(super) const INNER_ROLLBACK: &str =
    "ROLLBACK TO SAVEPOINT tenantry_1; RELEASE SAVEPOINT tenantry_1";

#[test]
fn a_transaction_and_a_savepoint_in_it_are_sent_in_their_order() {
    let (outcome, told) = nested(&Script::default());
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
    let (outcome, told) = nested(&Script::failing_after(
        1,
        DELETE,
        ErrorKind::Unique,
        Some("23505"),
    ));
    outcome.unwrap();
    assert_eq!(told[3..], ["DELETE FROM fails", INNER_ROLLBACK, "COMMIT"]);
}

#[test]
fn a_failure_that_nobody_returns_keeps_the_transaction_from_being_committed() {
    let (outcome, told) = nested(&Script::failing(
        "SAVEPOINT",
        ErrorKind::Database,
        Some("53200"),
    ));
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::Aborted);
    assert_eq!(
        told,
        ["BEGIN", DELETE, "SAVEPOINT tenantry_1 fails", "ROLLBACK"]
    );
}

#[test]
fn a_lost_connection_is_unknown_only_where_something_may_have_been_committed() {
    let lost = |sql| nested(&Script::failing(sql, ErrorKind::Connection, None)).0;
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
    let (outcome, told) = nested(&Script::failing(
        "COMMIT",
        ErrorKind::ForeignKey,
        Some("23503"),
    ));
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::ForeignKey);
    assert_eq!(told.last().unwrap(), "COMMIT fails");
}

#[test]
fn isolation_and_access_go_in_the_message_that_begins() {
    let script = Script::default();
    let mut scope = script.blocking();
    let built = scope.build_transaction().serializable().read_only();
    built.run(delete).unwrap();
    let begin = "BEGIN ISOLATION LEVEL SERIALIZABLE, READ ONLY";
    assert_eq!(script.told(), [begin, DELETE, "COMMIT"]);
}

#[test]
fn a_conflict_is_forgotten_where_it_is_not_known_whether_the_transaction_took_effect() {
    let script = Script::failing(DELETE, ErrorKind::LockTimeout, Some("55P03"));
    let lost = Script::failing("COMMIT", ErrorKind::Connection, None);
    let mut scope = script.blocking();
    let outcome = scope.build_transaction().retrying(3).run(|tx| {
        assert!(tx.transaction(delete).is_err());
        tx.connection.script = lost.clone();
        Ok(())
    });
    assert_eq!(outcome.unwrap_err().kind(), ErrorKind::CommitUnknown);
    assert_eq!(lost.told(), ["COMMIT fails"]);
    // One that the server has refused is none.
    let script = Script::failing("COMMIT", ErrorKind::Serialization, Some("40001"));
    let mut scope = script.blocking();
    let built = scope.build_transaction().retrying(3);
    built.run(delete).unwrap();
    let (first, second) = (
        ["BEGIN", DELETE, "COMMIT fails"],
        ["BEGIN", DELETE, "COMMIT"],
    );
    assert_eq!(script.told(), [first, second].concat());
}

#[test]
fn no_answer_makes_a_connection_whole_that_has_not_rolled_back() {
    let script = Script::failing("ROLLBACK", ErrorKind::Database, Some("XX000"));
    let mut scope = script.blocking();
    let outcome: Result<()> = scope.transaction(|tx| {
        delete(tx)?;
        Err(Error::new(ErrorKind::NotFound, "of the application"))
    });
    assert!(outcome.is_err_and(|error| error.is_not_found()));
    assert!(scope.connection.transactions.is_broken());
    // What the server is in is not known, whatever it answers.
    scope.connection.script = Script::failing(DELETE, ErrorKind::Database, Some("25P02"));
    assert!(delete(&mut scope).is_err());
    assert!(scope.connection.transactions.is_broken());
    delete(&mut scope).unwrap();
    assert!(scope.connection.transactions.is_broken());
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
        let begin = Flow::transaction(Command::Begin(Begin::default()));
        run(&mut connection, begin, &context()).unwrap();
        let place = TenantPlace {
            id: 7,
            since: 1,
            key: TenantKey::new("acme").unwrap(),
            schema: SchemaName::new("acme").unwrap(),
            standing: Arc::default(),
        };
        let mut scope = TenantScope::new(connection, &context(), place);
        let outcome = Transaction::begun(&mut scope).run(|tx| {
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
