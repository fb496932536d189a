//! The way of a flow, without I/O: which statement is sent next, and what comes of its answer.
//!
//! All rules are here, once for all drivers: what a scope admits, what is rolled back first, how an error names its place,
//! and the span of a statement. A driver only sends, and tells the answer.

use std::panic::{self, AssertUnwindSafe};
use std::time::Duration;

use tracing::Span;

use super::copying::{CopyPart, SentData, SourceEnd};
use super::health::Sent;
use super::outdated;
use super::statement::Later;
use super::transactions::Transactions;
use super::unanswered::Unanswered;
use super::{Answer, Came, Command, Flow, Next, Sink, Statement};
use crate::error::{Error, Result};
use crate::place::{Context, TenantVersion};

/// A flow on its way.
pub(crate) struct Steps<'c, 'f, T> {
    context: &'c Context,
    at: FlowAt<'f, T>,
    /// Whether it is about the registry, so that its statements are none of the application's.
    is_look: bool,
    /// The version of the tenant for which its statements are made.
    version: Option<TenantVersion>,
}

/// The next step of a flow.
pub(crate) enum NextStep<T> {
    /// A statement has to be sent, behind it the data of [`Steps::part`] if it [takes them](Gives::Copied), its rows or data told to [`Steps::told`] if it [gives each](Gives::Each) or [data](Gives::Data), and its answer to
    /// [`Steps::answered`].
    Send(Statement),
    /// So much time has to go by, and [`Steps::paused`] to be told.
    Pause(Duration),
    /// It is over.
    Over(Result<T>),
}

enum FlowAt<'a, T> {
    /// Before this.
    Before(Flow<'a, T>),
    /// Waiting for the answer to a rollback that had to go first.
    Recovering(Unanswered, Flow<'a, T>),
    /// Waiting for the answer to a statement.
    Waiting(Unanswered, Alongside<'a>, Next<'a, T>),
    /// Before the registry is asked for the tenant's version.
    Outdated(AfterLook<'a, T>),
    /// Waiting for what it says.
    Looking(Unanswered, AfterLook<'a, T>),
    /// In a pause before this.
    Pausing(Later<'a, T>),
    Over,
}

/// The next thing after the registry was asked for the tenant's version.
enum AfterLook<'a, T> {
    /// A transaction begins.
    Begin(Command, Next<'a, T>),
    /// It is known of an answer what it means.
    Answer(Result<Answer>, Next<'a, T>),
}

/// Rows that come, or data that go, while a statement is under way.
enum Alongside<'a> {
    Nothing,
    Rows(ToldRows<'a>),
    Data(SentData<'a>),
}

/// Rows or data that are told as they come.
///
/// A driver tells all of them, since what the server says comes after the last: an error there may have undone a transaction.
pub(crate) struct ToldRows<'a> {
    sink: Sink<'a>,
    ended: Option<SourceEnd>,
}

impl Alongside<'_> {
    /// Why no more rows or data were passed on, if that is so.
    fn ended(self) -> Option<SourceEnd> {
        match self {
            Self::Nothing => None,
            Self::Rows(told) => told.ended,
            Self::Data(data) => data.ended(),
        }
    }
}

impl ToldRows<'_> {
    /// Takes what comes next, and passes it over after an error or a panic of the application's.
    pub(crate) fn take(&mut self, came: Came) {
        if self.ended.is_some() {
            return;
        }
        self.ended = match panic::catch_unwind(AssertUnwindSafe(|| (self.sink)(came))) {
            Ok(Ok(())) => None,
            Ok(Err(error)) => Some(SourceEnd::Failed(error)),
            Err(panic) => Some(SourceEnd::Panicked(panic)),
        };
    }
}

impl<'c, 'f, T> Steps<'c, 'f, T> {
    pub(crate) fn new(flow: Flow<'f, T>, context: &'c Context) -> Self {
        Self {
            context,
            at: FlowAt::Before(flow),
            is_look: false,
            version: context.version(),
        }
    }

    /// The same of a flow that looks something up in the registry.
    pub(crate) fn look(flow: Flow<'f, T>, context: &'c Context) -> Self {
        Self {
            is_look: true,
            ..Self::new(flow, context)
        }
    }

    /// Returns what to do next. A statement is noted as sent, so it is to be sent before anything is waited for.
    ///
    /// # Panics
    ///
    /// When a statement was given and its answer was not told, or the flow is over.
    pub(crate) fn next(&mut self, transactions: &mut Transactions) -> NextStep<T> {
        loop {
            let flow = match std::mem::replace(&mut self.at, FlowAt::Over) {
                FlowAt::Before(flow) => flow,
                FlowAt::Outdated(after) => return self.ask_version(after, transactions),
                FlowAt::Recovering(..)
                | FlowAt::Waiting(..)
                | FlowAt::Looking(..)
                | FlowAt::Pausing(_)
                | FlowAt::Over => {
                    unreachable!("the answer comes before the next step")
                }
            };
            match flow {
                Flow::Done(outcome) => {
                    return NextStep::Over(outcome.map_err(|error| self.context.explain(error)));
                }
                Flow::Run(ref statement, _)
                | Flow::Each(ref statement, ..)
                | Flow::Copy(ref statement, ..) => {
                    if let Err(error) = statement.admitted(self.context) {
                        // The flow may have begun a transaction, and ends it then.
                        if let Flow::Run(_, next)
                        | Flow::Each(_, _, next)
                        | Flow::Copy(_, _, next) = flow
                        {
                            self.at = FlowAt::Before(next(Err(error)));
                        }
                        continue;
                    }
                    if let Some(rollback) = transactions.recovery() {
                        return self.recover(rollback, flow);
                    }
                    let sent = Sent::Statement(statement.effect);
                    let (statement, beside, next) = match flow {
                        Flow::Each(statement, sink, next) => {
                            let told = ToldRows { sink, ended: None };
                            (statement, Alongside::Rows(told), next)
                        }
                        Flow::Copy(statement, source, next) => {
                            (statement, Alongside::Data(SentData::new(source)), next)
                        }
                        Flow::Run(statement, next) => (statement, Alongside::Nothing, next),
                        Flow::Done(_) | Flow::Transaction(..) | Flow::Pause(..) => {
                            unreachable!("it has a statement")
                        }
                    };
                    return self.send(statement, sent, beside, next, transactions);
                }
                Flow::Pause(time, later) => {
                    self.at = FlowAt::Pausing(later);
                    return NextStep::Pause(time);
                }
                Flow::Transaction(begin @ Command::Begin(_), next)
                    if self.is_to_look(transactions) =>
                {
                    self.at = FlowAt::Outdated(AfterLook::Begin(begin, next));
                }
                Flow::Transaction(command, next) => {
                    if let Command::RollBack(depth) = command {
                        transactions.abandon(depth);
                    }
                    if let Some(rollback) = transactions.recovery() {
                        return self.recover(rollback, Flow::Transaction(command, next));
                    }
                    if let Command::RollBack(_) = command {
                        self.at = FlowAt::Before(next(Ok(Answer::Nothing)));
                        continue;
                    }
                    match transactions.command(command) {
                        Ok(statement) => {
                            return self.send(
                                statement,
                                Sent::Command(command),
                                Alongside::Nothing,
                                next,
                                transactions,
                            );
                        }
                        Err(error) => return NextStep::Over(Err(self.context.explain(error))),
                    }
                }
            }
        }
    }

    /// Whether something is to be sent next.
    #[cfg(feature = "tokio")]
    pub(crate) fn is_to_send(&self) -> bool {
        matches!(
            self.at,
            FlowAt::Outdated(_)
                | FlowAt::Before(
                    Flow::Run(..) | Flow::Each(..) | Flow::Copy(..) | Flow::Transaction(..)
                )
        )
    }

    /// The span of the statement that is under way.
    pub(crate) fn span(&self) -> Span {
        match &self.at {
            FlowAt::Recovering(pending, _)
            | FlowAt::Waiting(pending, ..)
            | FlowAt::Looking(pending, _) => pending.span.clone(),
            FlowAt::Before(_) | FlowAt::Outdated(_) | FlowAt::Pausing(_) | FlowAt::Over => {
                Span::none()
            }
        }
    }

    /// Returns what takes the rows or data of the statement that was given last, if it gives them as they come.
    pub(crate) fn told(&mut self) -> Option<&mut ToldRows<'f>> {
        match &mut self.at {
            FlowAt::Waiting(_, Alongside::Rows(told), _) => Some(told),
            _ => None,
        }
    }

    /// Returns what is sent next behind the statement that was given last.
    pub(crate) fn part(&mut self) -> CopyPart {
        match &mut self.at {
            FlowAt::Waiting(_, Alongside::Data(data), _) => data.part(),
            _ => CopyPart::GivenUp,
        }
    }

    /// Goes on after a pause.
    pub(crate) fn paused(&mut self) {
        self.at = FlowAt::Before(match std::mem::replace(&mut self.at, FlowAt::Over) {
            FlowAt::Pausing(later) => later(),
            _ => unreachable!("a pause was given"),
        });
    }

    /// Takes the answer to the statement that was given last.
    pub(crate) fn answered(&mut self, answer: Result<Answer>, transactions: &mut Transactions) {
        self.at = FlowAt::Before(match std::mem::replace(&mut self.at, FlowAt::Over) {
            FlowAt::Waiting(pending, beside, next) => {
                let answer = answer.map_err(|error| self.of_version(error, transactions));
                let answer = pending.answered(answer, transactions);
                match beside.ended() {
                    None if self.is_to_look(transactions) => {
                        self.at = FlowAt::Outdated(AfterLook::Answer(answer, next));
                        return;
                    }
                    None => next(answer),
                    Some(SourceEnd::Failed(error)) => next(Err(error)),
                    Some(SourceEnd::Panicked(panic)) => panic::resume_unwind(panic),
                }
            }
            FlowAt::Recovering(pending, flow) => {
                match (pending.answered(answer, transactions), flow) {
                    (Err(error), Flow::Transaction(Command::RollBack(_), _)) => {
                        Flow::Done(Err(error))
                    }
                    // What can't be rolled back has failed, which a commit tells, and the server of any statement.
                    (_, flow) => flow,
                }
            }
            FlowAt::Looking(pending, after) => {
                let answer = pending.answered(answer, transactions);
                let is_other = outdated::learn(self.context, self.version, answer);
                match after {
                    AfterLook::Begin(begin, next) => Flow::Transaction(begin, next),
                    AfterLook::Answer(answer, next) => {
                        next(answer.map_err(|error| outdated::found(error, is_other)))
                    }
                }
            }
            FlowAt::Before(_) | FlowAt::Outdated(_) | FlowAt::Pausing(_) | FlowAt::Over => {
                unreachable!("an answer comes after a statement")
            }
        });
    }

    /// Says of an error that it may have come of another version of the tenant. Where a transaction has failed with it, it can be run again.
    fn of_version(&self, error: Error, transactions: &Transactions) -> Error {
        if self.is_look || !outdated::may_be(&error, self.context) {
            return error;
        }
        outdated::note(self.context);
        outdated::found(error, transactions.depth() > 0)
    }

    /// Whether the registry has to be asked for the tenant's version, and can be.
    fn is_to_look(&self, transactions: &Transactions) -> bool {
        !self.is_look && outdated::is_noted(self.context) && transactions.depth() == 0
    }

    /// Asks the registry for the tenant's version.
    fn ask_version(
        &mut self,
        after: AfterLook<'f, T>,
        transactions: &mut Transactions,
    ) -> NextStep<T> {
        let look = outdated::look(self.context);
        let sent = Sent::Statement(look.effect);
        let was_open = !transactions.is_broken();
        transactions.sending(sent);
        self.at = FlowAt::Looking(Unanswered::unseen(&look, sent, was_open), after);
        NextStep::Send(look)
    }

    fn recover(&mut self, (rollback, sent): (Statement, Sent), flow: Flow<'f, T>) -> NextStep<T> {
        self.at = FlowAt::Recovering(Unanswered::new(&rollback, sent, true, self.context), flow);
        NextStep::Send(rollback)
    }

    fn send(
        &mut self,
        statement: Statement,
        sent: Sent,
        beside: Alongside<'f>,
        next: Next<'f, T>,
        transactions: &mut Transactions,
    ) -> NextStep<T> {
        let was_open = !transactions.is_broken();
        transactions.sending(sent);
        let pending = if self.is_look {
            Unanswered::unseen(&statement, sent, was_open)
        } else {
            Unanswered::new(&statement, sent, was_open, self.context)
        };
        self.at = FlowAt::Waiting(pending, beside, next);
        NextStep::Send(statement)
    }
}
