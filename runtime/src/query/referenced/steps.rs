//! Transactions of a removal.

use std::sync::Arc;

use postgres::Row;

use crate::error::Result;
use crate::exec::{Begin, Command, Flow, Isolation, Statement};
use crate::place::Context;
use crate::value::Param;

/// How many milliseconds a statement waits for a lock: the shared row is locked meanwhile, and other users of a tenant's table wait
/// behind it.
pub(super) const WAIT: u32 = 2_000;

/// The same while the one table of several is searched for that has been waited for.
pub(super) const SEARCH_WAIT: u32 = 100;

/// Goes on with the value of a flow.
pub(super) fn then<T: Send + 'static, U: Send + 'static>(
    flow: Flow<'static, T>,
    next: impl FnOnce(T) -> Flow<'static, U> + Send + 'static,
) -> Flow<'static, U> {
    flow.and_on(|outcome| match outcome {
        Ok(value) => next(value),
        Err(error) => Flow::Done(Err(error)),
    })
}

/// Whether the scope is in a transaction of the application's.
pub(super) fn is_inside(context: &Context) -> bool {
    context.log().depth() > 0
}

/// Runs a flow in a transaction that sees what others commit meanwhile, and whose statements wait for locks only so long; inside of
/// another in a savepoint.
pub(super) fn whole<T: Send + 'static>(
    context: &Context,
    work: impl FnOnce() -> Flow<'static, T> + Send + 'static,
) -> Flow<'static, T> {
    if !is_inside(context) {
        return alone(work());
    }
    Flow::atomic(Arc::clone(context.log()), move || {
        then(wait_shorter(), move |before| {
            // After an error the savepoint is undone, and with it the shorter wait.
            then(work(), move |value| {
                then(wait_again(&before), move |()| Flow::Done(Ok(value)))
            })
        })
    })
}

/// The same outside of another.
pub(super) fn alone<T: Send + 'static>(work: Flow<'static, T>) -> Flow<'static, T> {
    work.in_transaction(Command::Begin(Begin {
        isolation: Some(Isolation::ReadCommitted),
        lock_timeout: Some(WAIT),
        ..Begin::default()
    }))
}

/// Has the statements of the transaction wait for locks only so long, and gives how long they have waited before.
fn wait_shorter() -> Flow<'static, String> {
    let sql = format!(
        "SELECT was.wait, pg_catalog.set_config('lock_timeout', \
             CASE WHEN was.wait <> '0' AND was.wait::interval < '{WAIT} ms'::interval THEN was.wait ELSE '{WAIT}' END, true) \
         FROM (SELECT pg_catalog.current_setting('lock_timeout') AS wait OFFSET 0) AS was"
    );
    Flow::run(Ok(Statement::look("delete", sql, Vec::new())), |answer| {
        let rows = answer.rows();
        let before = rows.first().map(|row| row.try_get(0)).transpose()?;
        Ok(before.unwrap_or_else(|| "0".to_owned()))
    })
}

fn wait_again(before: &str) -> Flow<'static, ()> {
    let sql = "SELECT pg_catalog.set_config('lock_timeout', $1, true)";
    let set = Statement::look("delete", sql, vec![Param::text(before)]);
    Flow::run(Ok(set), |_| Ok(()))
}

/// Runs a statement in a savepoint, which is undone with its locks and all that it has done.
pub(super) fn undone(
    statement: Statement,
    wait: u32,
    context: &Context,
) -> Flow<'static, Vec<Row>> {
    let log = Arc::clone(context.log());
    then(Flow::transaction(Command::begin_waiting(wait)), move |()| {
        let depth = log.depth();
        let run: Flow<'static, Result<Vec<Row>>> =
            Flow::run(Ok(statement), |answer| Ok(answer.rows()))
                .and_on(|rows| Flow::Done(Ok(rows)));
        then(run, move |rows| {
            Flow::transaction(Command::RollBack(depth)).and_on(|_| Flow::Done(rows))
        })
    })
}
