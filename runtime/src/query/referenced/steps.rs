//! Transactions of a removal.

use std::sync::Arc;

use postgres::Row;

use crate::error::Result;
use crate::exec::{Begin, Command, Flow, Isolation, Statement};
use crate::place::Context;

/// How many milliseconds a statement waits for a lock of a tenant's table, whose other users wait behind it.
pub(super) const WAIT: u32 = 2_000;

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

/// Runs a flow in a transaction that sees what others commit meanwhile; inside of another in a savepoint.
pub(super) fn whole<T: Send + 'static>(
    context: &Context,
    work: impl FnOnce() -> Flow<'static, T> + Send + 'static,
) -> Flow<'static, T> {
    if is_inside(context) {
        return Flow::atomic(Arc::clone(context.log()), work);
    }
    work().in_transaction(Command::Begin(Begin {
        isolation: Some(Isolation::ReadCommitted),
        ..Begin::default()
    }))
}

/// The same for statements that wait for locks only so long, outside of another.
pub(super) fn batch<T: Send + 'static>(work: Flow<'static, T>) -> Flow<'static, T> {
    work.in_transaction(Command::Begin(Begin {
        isolation: Some(Isolation::ReadCommitted),
        lock_timeout: Some(WAIT),
        ..Begin::default()
    }))
}

/// Runs a statement that reads in a savepoint, which is undone with its locks.
pub(super) fn in_savepoint(statement: Statement, context: &Context) -> Flow<'static, Vec<Row>> {
    let log = Arc::clone(context.log());
    then(Flow::transaction(Command::begin_waiting(WAIT)), move |()| {
        let depth = log.depth();
        let run: Flow<'static, Result<Vec<Row>>> =
            Flow::run(Ok(statement), |answer| Ok(answer.rows()))
                .and_on(|rows| Flow::Done(Ok(rows)));
        then(run, move |rows| {
            Flow::transaction(Command::RollBack(depth)).and_on(|_| Flow::Done(rows))
        })
    })
}
