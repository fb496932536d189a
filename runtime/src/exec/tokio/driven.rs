//! A flow on its way over an asynchronous connection.

use std::future::Future;
use std::pin::Pin;
use std::task::{self, Poll, ready};
use std::time::Duration;

use tokio::time::{Sleep, sleep};

use super::connection::SentStatement;
use super::lease::{Lease, MemberSearch, Taking};
use crate::error::{ErrorKind, Result};
use crate::exec::replicas::is_of_replica;
use crate::exec::step::{NextStep, Steps};
use crate::exec::{Connection, Effect, Flow, Statement, Transactions};
use crate::place::Context;

/// The outcome of an operation over an asynchronous connection, to be waited for.
///
/// When it is dropped before, the statement that is under way is cancelled, or, in a transaction, its outcome is that of the
/// transaction.
#[must_use = "nothing is sent until it is awaited"]
pub struct Driven<'a, T> {
    lease: &'a mut Lease,
    /// How many transactions and savepoints were open before.
    depth: u32,
    steps: Steps<'a, 'a, T>,
    context: &'a Context,
    at: DrivenAt,
    pace: RowPace,
}

/// How its rows are told, if they are told as they come.
#[derive(Clone, Copy, PartialEq, Eq)]
enum RowPace {
    /// All that are there.
    AtOnce,
    /// One each time that it is polled, of which the last is what it waits for.
    OneByOne,
    /// The same, while nobody has asked for another.
    Paused,
}

enum DrivenAt {
    Before,
    /// A connection is being taken.
    Taking(Taking),
    /// Another is being taken, over which this is sent again.
    Again(Taking, Statement),
    /// A connection is being found for this, which only reads.
    Finding(MemberSearch, Statement),
    /// A statement is sent, and this is done if there is no answer.
    Waiting(SentStatement, Otherwise),
    /// In a pause, in which it needs no connection.
    Pausing(Pin<Box<Sleep>>),
    Over,
}

/// The fate of a statement that was not answered.
enum Otherwise {
    /// It has failed.
    Fails,
    /// It may be sent again, for nothing was before over the connection.
    IsSentAgain,
    /// The primary is asked in the place of a replica.
    GoesToPrimary(Box<Statement>),
}

// Nothing of it is pinned but what a box holds.
impl<T> Unpin for Driven<'_, T> {}

impl<'a, T> Driven<'a, T> {
    pub(super) fn new(lease: &'a mut Lease, flow: Flow<'a, T>, context: &'a Context) -> Self {
        Self::of(lease, Steps::new(flow, context), context)
    }

    /// The same of a flow that looks something up in the registry.
    pub(crate) fn look(lease: &'a mut Lease, flow: Flow<'a, T>, context: &'a Context) -> Self {
        Self::of(lease, Steps::look(flow, context), context)
    }

    fn of(lease: &'a mut Lease, steps: Steps<'a, 'a, T>, context: &'a Context) -> Self {
        Self {
            depth: lease.state().depth(),
            lease,
            steps,
            context,
            at: DrivenAt::Before,
            pace: RowPace::AtOnce,
        }
    }

    /// Has it tell a row each time that it is polled: it is pending then, and wakes nobody.
    pub(crate) fn one_by_one(mut self) -> Self {
        self.pace = RowPace::OneByOne;
        self
    }

    /// Sends a statement.
    fn sent(&mut self, statement: Statement) -> DrivenAt {
        let may_leave = self.lease.may_leave_replica(&statement);
        let copy = may_leave.then(|| Box::new(statement.clone()));
        let (sent, untried) = self.lease.send(statement);
        let otherwise = match copy {
            Some(statement) => Otherwise::GoesToPrimary(statement),
            None if untried => Otherwise::IsSentAgain,
            None => Otherwise::Fails,
        };
        DrivenAt::Waiting(sent, otherwise)
    }

    /// Takes what comes to be known of the step that it is at.
    fn step(&mut self, task: &mut task::Context<'_>) -> Poll<Result<()>> {
        match &mut self.at {
            DrivenAt::Before | DrivenAt::Over => {}
            DrivenAt::Pausing(pause) => {
                ready!(pause.as_mut().poll(task));
                self.steps.paused();
                self.at = DrivenAt::Before;
            }
            DrivenAt::Taking(taking) => {
                let (member, is_new) = ready!(taking.as_mut().poll(task))?;
                self.lease.has(member, is_new);
                self.at = DrivenAt::Before;
            }
            DrivenAt::Again(taking, _) => {
                let taken = ready!(taking.as_mut().poll(task));
                let DrivenAt::Again(_, statement) = std::mem::replace(&mut self.at, DrivenAt::Over)
                else {
                    unreachable!("it was that just now")
                };
                let (member, _) = taken?;
                self.lease.has(member, true);
                self.at = self.sent(statement);
            }
            DrivenAt::Finding(finding, _) => {
                let found = ready!(finding.as_mut().poll(task));
                let DrivenAt::Finding(_, statement) =
                    std::mem::replace(&mut self.at, DrivenAt::Over)
                else {
                    unreachable!("it was that just now")
                };
                self.lease.found(found?);
                self.at = self.sent(statement);
            }
            DrivenAt::Waiting(sent, _) => {
                let before = sent.came();
                if self.pace == RowPace::Paused {
                    self.pace = RowPace::OneByOne;
                    self.lease.go_on();
                }
                let polled = {
                    let _span = self.steps.span().entered();
                    sent.poll(&mut self.steps, task, self.pace == RowPace::OneByOne)
                };
                if sent.came() > before {
                    if self.pace == RowPace::OneByOne {
                        self.pace = RowPace::Paused;
                        self.lease.paused();
                    } else {
                        self.lease.go_on();
                    }
                }
                let (answer, statement) = ready!(polled);
                let lost = matches!(&answer, Err(error) if error.kind() == ErrorKind::Connection);
                // Rows that were told can't be taken back.
                let is_untold = sent.came() == 0;
                let DrivenAt::Waiting(_, otherwise) =
                    std::mem::replace(&mut self.at, DrivenAt::Before)
                else {
                    unreachable!("it was that just now")
                };
                if let Some(statement) = statement
                    && lost
                    && matches!(otherwise, Otherwise::IsSentAgain)
                    && statement.effect == Effect::Reads
                {
                    self.at = DrivenAt::Again(self.lease.replace(), statement);
                    return Poll::Ready(Ok(()));
                }
                let answer = self.lease.ended(answer);
                if let Otherwise::GoesToPrimary(statement) = otherwise
                    && is_untold
                    && let Err(error) = &answer
                    && is_of_replica(error)
                {
                    tracing::debug!(%error, "a replica could not answer; the primary is asked");
                    let finding = self.lease.leave_replica(&statement, lost);
                    self.at = DrivenAt::Finding(finding, *statement);
                    return Poll::Ready(Ok(()));
                }
                self.steps.answered(answer, self.lease.state());
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<T> Future for Driven<'_, T> {
    type Output = Result<T>;

    fn poll(mut self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<Result<T>> {
        let this = &mut *self;
        loop {
            if let Err(error) = ready!(this.step(task)) {
                this.at = DrivenAt::Over;
                return Poll::Ready(Err(this.context.explain(error)));
            }
            match this.at {
                DrivenAt::Before => {}
                DrivenAt::Over => panic!("it is awaited again after its outcome"),
                DrivenAt::Taking(_)
                | DrivenAt::Again(..)
                | DrivenAt::Finding(..)
                | DrivenAt::Waiting(..)
                | DrivenAt::Pausing(_) => continue,
            }
            if this.steps.is_to_send() {
                if let Err(error) = this.lease.check() {
                    this.at = DrivenAt::Over;
                    return Poll::Ready(Err(this.context.explain(error)));
                }
                if let Some(taking) = this.lease.take() {
                    this.at = DrivenAt::Taking(taking);
                    continue;
                }
            }
            match this.steps.next(this.lease.state()) {
                NextStep::Over(outcome) => {
                    this.at = DrivenAt::Over;
                    this.lease.release();
                    return Poll::Ready(outcome);
                }
                NextStep::Pause(time) => {
                    this.lease.release();
                    this.at = DrivenAt::Pausing(Box::pin(sleep(time)));
                }
                NextStep::Send(statement) => {
                    this.at = match this.lease.find(&statement) {
                        Some(finding) => DrivenAt::Finding(finding, statement),
                        None => this.sent(statement),
                    };
                }
            }
        }
    }
}

impl Connection for Lease {
    type Outcome<'a, T: 'a> = Driven<'a, T>;

    fn transactions(&mut self) -> &mut Transactions {
        self.state()
    }

    fn statement_limit(&self) -> Option<Duration> {
        self.limit_of_statements()
    }

    fn drive<'a, T: 'a>(&'a mut self, flow: Flow<'a, T>, context: &'a Context) -> Driven<'a, T> {
        Driven::new(self, flow, context)
    }
}

impl<T> Drop for Driven<'_, T> {
    fn drop(&mut self) {
        if matches!(self.at, DrivenAt::Over) {
            return;
        }
        if matches!(self.at, DrivenAt::Waiting(..) | DrivenAt::Again(..)) {
            self.lease.drop_answer();
        }
        // A transaction of the flow's own.
        if self.lease.state().depth() > self.depth {
            self.lease.abandon(self.depth + 1);
        }
    }
}

impl<T> std::fmt::Debug for Driven<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Driven").finish_non_exhaustive()
    }
}
