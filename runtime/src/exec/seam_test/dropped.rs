//! A driver whose answer never comes, as where a future is dropped: what is sent next.
//!
//! That is the same whichever driver it is; `tests/tests/asynchronous/dropped.rs` does it over the real one.

use super::model::Plan;
use super::scripted::{DELETE, INNER_ROLLBACK, Script, context};
use crate::error::{ErrorKind, Result};
use crate::exec::step::{NextStep, Steps};
use crate::exec::{Begin, Command, Connection, Flow, Transactions};
use crate::place::{Context, End, Fate};
use crate::query::Queries;
use crate::scope::{Session, SharedScope};

/// A connection over which so many statements are sent before somebody waits no longer, if that is to happen.
struct Dropped {
    script: Script,
    transactions: Transactions,
    left: Option<usize>,
    /// How many rows come of each stream before it is dropped, if that is to happen.
    rows: Option<usize>,
    /// Whether it is found closed before an answer comes.
    closes: bool,
}

type Scope = SharedScope<Dropped>;

/// An outcome, or nothing where nobody has waited for it.
type Outcome<T> = Option<Result<T>>;

impl Connection for Dropped {
    type Outcome<'a, T: 'a> = Outcome<T>;

    fn transactions(&mut self) -> &mut Transactions {
        &mut self.transactions
    }

    fn drive<'a, T: 'a>(&'a mut self, flow: Flow<'a, T>, context: &'a Context) -> Outcome<T> {
        let mut steps = Steps::new(flow, context);
        loop {
            match steps.next(&mut self.transactions) {
                NextStep::Over(outcome) => return Some(outcome),
                NextStep::Pause(_) => {
                    self.script.pause();
                    steps.paused();
                }
                NextStep::Send(statement) => {
                    let (limit, mut came) = (self.rows, 0);
                    let mut told = steps.told();
                    let answer = self.script.answer(&statement, &mut |row| {
                        if let Some(told) = &mut told
                            && limit.is_none_or(|limit| came < limit)
                        {
                            told.take(row);
                            came += 1;
                        }
                    });
                    if self.closes {
                        self.transactions.broke();
                    }
                    if let Some(left) = &mut self.left {
                        *left -= 1;
                        if *left == 0 {
                            return None;
                        }
                    }
                    steps.answered(answer, &mut self.transactions);
                }
            }
        }
    }
}

fn scope(script: &Script) -> Scope {
    let connection = Dropped {
        script: script.clone(),
        transactions: Transactions::default(),
        left: None,
        rows: None,
        closes: false,
    };
    SharedScope::new(connection, &context())
}

/// Does some work whose future is dropped while it waits for the answer to the last of so many statements.
fn dropped<T>(
    times: usize,
    scope: &mut Scope,
    work: impl FnOnce(&mut Scope) -> Outcome<T>,
) -> Outcome<T> {
    scope.connection.left = Some(times);
    let outcome = work(scope);
    scope.connection.left = None;
    outcome
}

/// Runs a transaction, which is abandoned where nobody waits for it any more, as the guard of one does.
fn transaction<T>(scope: &mut Scope, work: impl FnOnce(&mut Scope) -> Outcome<T>) -> Outcome<T> {
    if let Err(error) = scope.drive(Flow::transaction(Command::Begin(Begin::default())))? {
        return Some(Err(error));
    }
    let depth = scope.connection.transactions.depth();
    let outcome = ended(scope, depth, work);
    if outcome.is_none() {
        scope.connection.transactions.abandon(depth);
    }
    outcome
}

fn ended<T>(
    scope: &mut Scope,
    depth: u32,
    work: impl FnOnce(&mut Scope) -> Outcome<T>,
) -> Outcome<T> {
    let outcome = match work(scope)? {
        Ok(value) => {
            let committed = scope.drive(Flow::transaction(Command::Commit(depth)))?;
            committed.map(|()| value)
        }
        Err(error) => Err(error),
    };
    if outcome.is_err() {
        drop(scope.drive(Flow::transaction(Command::RollBack(depth)))?);
    }
    Some(outcome)
}

fn delete(scope: &mut Scope) -> Outcome<u64> {
    Plan::delete_where(Plan::everything()).execute(scope)
}

#[test]
fn the_next_statement_rolls_back_first_wherever_a_transaction_is_dropped() {
    let after: [&[&str]; 4] = [
        &["BEGIN", "ROLLBACK"],
        &["BEGIN", DELETE, "ROLLBACK"],
        &["BEGIN", DELETE, "COMMIT", "ROLLBACK"],
        &["BEGIN", DELETE, "COMMIT"],
    ];
    for (times, after) in (1..).zip(after) {
        let script = Script::default();
        let mut scope = scope(&script);
        let done = dropped(times, &mut scope, |scope| transaction(scope, delete));
        assert_eq!(done.is_some(), times == 4);
        delete(&mut scope).unwrap().unwrap();
        assert_eq!(script.told(), [after, &[DELETE]].concat(), "{times}");
        assert!(scope.connection.transactions.is_idle());
    }
}

#[test]
fn a_savepoint_that_is_dropped_anywhere_is_rolled_back_before_the_outer_one_goes_on() {
    let after: [&[&str]; 4] = [
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
    for (times, after) in (1..).zip(after) {
        let script = Script::default();
        let outer = transaction(&mut scope(&script), |tx| {
            let inner = dropped(times, tx, |tx| transaction(tx, delete));
            assert_eq!(inner.is_some(), times == 4);
            delete(tx)
        });
        outer.unwrap().unwrap();
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
    let outcome = transaction(&mut scope(&script), |tx| {
        dropped(3, tx, |tx| transaction(tx, delete));
        Some(Ok(()))
    });
    assert_eq!(outcome.unwrap().unwrap_err().kind(), ErrorKind::Aborted);
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
    let mut scope = scope(&script);
    let outcome = transaction(&mut scope, |tx| {
        dropped(1, tx, delete);
        Some(Ok(()))
    });
    assert_eq!(outcome.unwrap().unwrap_err().kind(), ErrorKind::Aborted);
    assert_eq!(script.told().last().unwrap(), "ROLLBACK");
    // Outside of a transaction there is nothing to ask after.
    dropped(1, &mut scope, delete);
    transaction(&mut scope, |_| Some(Ok(()))).unwrap().unwrap();
    assert_eq!(script.told(), [DELETE, "BEGIN", "COMMIT"]);
}

#[test]
fn a_commit_over_a_connection_that_is_found_closed_is_undone_only_if_its_answer_says_so() {
    let fate = |script: &Script, times| {
        let mut scope = scope(script);
        scope.connection.closes = true;
        let mut made = None;
        let outcome = dropped(times, &mut scope, |scope| {
            transaction(scope, |tx| {
                made = tx.connection.transactions.log().moment();
                delete(tx)
            })
        });
        assert_eq!(outcome.is_some(), times == 4);
        assert_eq!(scope.connection.transactions.depth(), 0);
        made.unwrap().fate()
    };
    let all_well = Script::default;
    assert_eq!(fate(&all_well(), 2), Fate::Ended(End::Undone));
    assert_eq!(fate(&all_well(), 3), Fate::Ended(End::Unknown));
    assert_eq!(fate(&all_well(), 4), Fate::Ended(End::Kept));
    let failing = |kind, code| Script::failing("COMMIT", kind, code);
    for (kind, code, end) in [
        (ErrorKind::Connection, None, End::Unknown),
        (ErrorKind::Connection, Some("57P05"), End::Undone),
        (ErrorKind::ForeignKey, Some("23503"), End::Undone),
    ] {
        assert_eq!(fate(&failing(kind, code), 4), Fate::Ended(end), "{kind:?}");
    }
}

/// Reads some plans as a stream that is dropped after so many, and returns how many came.
fn streamed(rows: usize, scope: &mut Scope) -> usize {
    let mut came = 0;
    scope.connection.rows = Some(rows);
    let done = dropped(1, scope, |scope| {
        Plan::query().for_each(scope, |_| {
            came += 1;
            Ok(())
        })
    });
    assert!(done.is_none());
    came
}

#[test]
fn a_stream_dropped_anywhere_in_a_transaction_is_asked_after_by_the_commit() {
    for rows in 0..=3 {
        let script = Script::of(&["free", "pro", "max"]);
        let mut scope = scope(&script);
        let outcome = transaction(&mut scope, |tx| {
            assert_eq!(streamed(rows, tx), rows);
            delete(tx)
        });
        outcome.unwrap().unwrap();
        let probe = "SAVEPOINT tenantry_probe; RELEASE SAVEPOINT tenantry_probe; COMMIT".to_owned();
        assert_eq!(script.told(), ["BEGIN", "SELECT", DELETE, &probe], "{rows}");
        assert!(scope.connection.transactions.is_idle());
    }
}

#[test]
fn a_stream_dropped_in_a_savepoint_is_rolled_back_there() {
    let script = Script::of(&["free", "pro"]);
    let outcome = transaction(&mut scope(&script), |tx| {
        let inner = transaction(tx, |tx| {
            streamed(1, tx);
            None::<Result<()>>
        });
        assert!(inner.is_none());
        delete(tx)
    });
    outcome.unwrap().unwrap();
    let [begin, select, inner] = ["BEGIN", "SELECT", "SAVEPOINT tenantry_1"];
    assert_eq!(
        script.told(),
        [begin, inner, select, INNER_ROLLBACK, DELETE, "COMMIT"]
    );
}
