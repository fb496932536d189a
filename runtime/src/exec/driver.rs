//! A driver that blocks: it sends, waits, and tells the answer.

use std::thread;
use std::time::Duration;

use postgres::Row;

use super::step::{Step, Steps};
use super::{Answer, Connection, Flow, Statement};
use crate::error::Result;
use crate::place::Context;

/// A connection that blocks.
pub trait Blocking: Connection {
    /// Sends a statement and waits for its answer. If it [gives each](super::Gives::Each) row, all are told as they come.
    #[doc(hidden)]
    fn send(&mut self, statement: &Statement, row: TakesRow<'_>) -> Result<Answer>;

    /// Waits before the next step of a flow.
    #[doc(hidden)]
    fn pause(&mut self, time: Duration) {
        thread::sleep(time);
    }
}

/// A function that takes a row. It is called on the thread that has sent the statement.
#[doc(hidden)]
pub type TakesRow<'r> = &'r mut dyn FnMut(Row);

impl<C: Blocking> Blocking for &mut C {
    fn send(&mut self, statement: &Statement, row: TakesRow<'_>) -> Result<Answer> {
        (**self).send(statement, row)
    }

    fn pause(&mut self, time: Duration) {
        (**self).pause(time);
    }
}

/// Runs a flow to its end.
pub(crate) fn run<T>(
    connection: &mut impl Blocking,
    flow: Flow<'_, T>,
    context: &Context,
) -> Result<T> {
    go(connection, Steps::new(flow, context))
}

/// Takes all steps of a flow.
pub(crate) fn go<T>(connection: &mut impl Blocking, mut steps: Steps<'_, '_, T>) -> Result<T> {
    loop {
        match steps.next(connection.transactions()) {
            Step::Over(outcome) => return outcome,
            Step::Pause(time) => {
                connection.pause(time);
                steps.paused();
            }
            Step::Send(statement) => {
                let span = steps.span();
                let mut told = steps.told();
                let mut row = |row| {
                    if let Some(told) = &mut told {
                        told.row(row);
                    }
                };
                let answer = span.in_scope(|| connection.send(&statement, &mut row));
                steps.answered(answer, connection.transactions());
            }
        }
    }
}
