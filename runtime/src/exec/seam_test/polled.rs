//! An asynchronous driver over the seam: a future that is polled, and a transaction that can be dropped at any await.

use std::future::Future;
use std::pin::Pin;
use std::task::{self, Poll, ready};

use futures_util::Stream;
use postgres::Row;

use crate::error::Result;
use crate::exec::step::{Step, Steps};
use crate::exec::{Answer, Command, Connection, Flow, Statement, Transactions};
use crate::place::Context;
use crate::scope::{Session, SharedScope};

/// A statement under way.
pub(super) enum Sent {
    /// It gives an answer.
    Whole(Pin<Box<dyn Future<Output = Result<Answer>> + Send>>),
    /// It gives each row; so many have come.
    Each(Pin<Box<dyn Stream<Item = Result<Row>> + Send>>, u64),
}

impl Sent {
    /// Waits for the answer, and tells the rows that come before.
    fn poll<T>(
        &mut self,
        steps: &mut Steps<'_, '_, T>,
        task: &mut task::Context<'_>,
    ) -> Poll<Result<Answer>> {
        let (rows, came) = match self {
            Self::Whole(answer) => return answer.as_mut().poll(task),
            Self::Each(rows, came) => (rows, came),
        };
        while let Some(row) = ready!(rows.as_mut().poll_next(task)).transpose()? {
            *came += 1;
            if let Some(told) = steps.told() {
                told.row(row);
            }
        }
        Poll::Ready(Ok(Answer::Count(*came)))
    }
}

/// Something that a driver is to be written for.
pub(super) trait Sends: Send {
    /// Sends a statement when it is first polled, and gives the answer.
    fn send(&self, statement: Statement) -> Sent;
}

pub(super) struct Polled<D> {
    pub(super) driver: D,
    pub(super) transactions: Transactions,
}

impl<D> Polled<D> {
    pub(super) fn new(driver: D) -> Self {
        Self {
            driver,
            transactions: Transactions::default(),
        }
    }
}

impl<D: Sends> Connection for Polled<D> {
    type Outcome<'a, T: 'a>
        = Driven<'a, D, T>
    where
        D: 'a;

    fn transactions(&mut self) -> &mut Transactions {
        &mut self.transactions
    }

    fn drive<'a, T: 'a>(&'a mut self, flow: Flow<'a, T>, context: &'a Context) -> Driven<'a, D, T> {
        Driven {
            connection: self,
            steps: Steps::new(flow, context),
            answer: None,
        }
    }
}

/// A flow on its way. It can be sent to another thread if its outcome can, without asking that of all outcomes.
pub(super) struct Driven<'a, D, T> {
    connection: &'a mut Polled<D>,
    steps: Steps<'a, 'a, T>,
    answer: Option<Sent>,
}

// Nothing of it is pinned but what a box holds.
impl<D, T> Unpin for Driven<'_, D, T> {}

impl<D: Sends, T> Future for Driven<'_, D, T> {
    type Output = Result<T>;

    fn poll(self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<Result<T>> {
        let Self {
            connection,
            steps,
            answer,
        } = self.get_mut();
        loop {
            if let Some(waiting) = answer {
                let came = {
                    let _span = steps.span().entered();
                    ready!(waiting.poll(steps, task))
                };
                *answer = None;
                steps.answered(came, &mut connection.transactions);
            }
            match steps.next(&mut connection.transactions) {
                Step::Over(outcome) => return Poll::Ready(outcome),
                Step::Send(statement) => *answer = Some(connection.driver.send(statement)),
            }
        }
    }
}

/// Rolls back when its future is dropped: it only notes that, and the next statement sends it.
struct Guard<'a, D: Sends> {
    scope: &'a mut SharedScope<Polled<D>>,
    depth: u32,
    armed: bool,
}

impl<D: Sends> Drop for Guard<'_, D> {
    fn drop(&mut self) {
        if self.armed {
            self.scope.connection.transactions.abandon(self.depth);
        }
    }
}

pub(super) async fn transaction<D: Sends, T>(
    scope: &mut SharedScope<Polled<D>>,
    work: impl AsyncFnOnce(&mut SharedScope<Polled<D>>) -> Result<T>,
) -> Result<T> {
    scope.drive(Flow::transaction(Command::Begin)).await?;
    let depth = scope.connection.transactions.depth();
    let mut guard = Guard {
        scope,
        depth,
        armed: true,
    };
    let value = work(guard.scope).await;
    let outcome = match value {
        Ok(value) => {
            let commit = Flow::transaction(Command::Commit(depth));
            guard.scope.drive(commit).await.map(|()| value)
        }
        Err(error) => Err(error),
    };
    if outcome.is_err() {
        let rollback = Flow::transaction(Command::RollBack(depth));
        guard.scope.drive(rollback).await?;
    }
    guard.armed = false;
    outcome
}

/// Polls a future so often, unless it is over before, and drops it then.
pub(super) async fn polled<T>(times: usize, future: impl Future<Output = T>) -> Option<T> {
    let mut future = Box::pin(future);
    let mut left = times;
    std::future::poll_fn(move |task| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        future.as_mut().poll(task).map(Some)
    })
    .await
}
