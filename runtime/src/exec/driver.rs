//! A driver that blocks: it sends, waits, and tells the answer.

use std::thread;
use std::time::Duration;

use super::copying::GivesParts;
use super::step::{NextStep, Steps};
use super::{Answer, Came, Connection, Flow, Gives, Statement};
use crate::error::Result;
use crate::place::Context;

/// A connection that blocks.
pub trait Blocking: Connection {
    /// Sends a statement and waits for its answer. If it [gives each](super::Gives::Each) row or [data](super::Gives::Data), all are told as they come.
    #[doc(hidden)]
    fn send(&mut self, statement: &Statement, row: TakesRow<'_>) -> Result<Answer>;

    /// Sends a statement and the data that it [takes](super::Gives::Copied), and waits for its answer.
    #[doc(hidden)]
    fn copy(&mut self, statement: &Statement, part: GivesParts<'_>) -> Result<Answer>;

    /// Waits before the next step of a flow.
    #[doc(hidden)]
    fn pause(&mut self, time: Duration) {
        thread::sleep(time);
    }
}

/// A function that takes a row or data. It is called on the thread that has sent the statement.
#[doc(hidden)]
pub type TakesRow<'r> = &'r mut dyn FnMut(Came);

impl<C: Blocking> Blocking for &mut C {
    fn send(&mut self, statement: &Statement, row: TakesRow<'_>) -> Result<Answer> {
        (**self).send(statement, row)
    }

    fn copy(&mut self, statement: &Statement, part: GivesParts<'_>) -> Result<Answer> {
        (**self).copy(statement, part)
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
    let depth = connection.transactions().depth();
    let mut going = Going { connection, depth };
    loop {
        match steps.next(going.connection.transactions()) {
            NextStep::Over(outcome) => {
                going.depth = u32::MAX;
                return outcome;
            }
            NextStep::Pause(time) => {
                going.connection.pause(time);
                steps.paused();
            }
            NextStep::Send(statement) => {
                let span = steps.span();
                if statement.gives == Gives::Copied {
                    let mut part = || steps.part();
                    let answer = span.in_scope(|| going.connection.copy(&statement, &mut part));
                    steps.answered(answer, going.connection.transactions());
                    continue;
                }
                let mut told = steps.told();
                let mut row = |came| {
                    if let Some(told) = &mut told {
                        told.take(came);
                    }
                };
                let answer = span.in_scope(|| going.connection.send(&statement, &mut row));
                steps.answered(answer, going.connection.transactions());
            }
        }
    }
}

/// A flow on its way. When the application's code in it panics, the transaction that the flow has begun is given up.
struct Going<'c, C: Blocking> {
    connection: &'c mut C,
    /// How deep it was before; beyond all depths once the flow is over.
    depth: u32,
}

impl<C: Blocking> Drop for Going<'_, C> {
    fn drop(&mut self) {
        if let Some(depth) = self.depth.checked_add(1) {
            self.connection.transactions().abandon(depth);
        }
    }
}
