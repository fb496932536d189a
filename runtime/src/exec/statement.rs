//! Statements as data, their answers, and operations made of both.

use std::sync::Arc;
use std::time::Duration;

use postgres::Row;
use postgres::types::Type;

use super::begin::Begin;
use super::command::Command;
use super::copying::CopySource;
use super::effect::Effect;
use crate::error::{Error, ErrorKind, Result};
use crate::model::ModelDef;
use crate::place::{Context, TransactionLog};
use crate::value::{Origins, Param};

/// The operation of statements about many tenants at once.
pub(crate) const ACROSS: &str = "across";

/// A statement, ready to be sent.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The text, with parameters `$1`, `$2`, … and schema-qualified names.
    pub sql: String,
    /// The parameters.
    pub params: Vec<Param>,
    /// Kind of answer that it gives.
    pub gives: Gives,
    /// Effect on tables and session.
    pub effect: Effect,
    /// The model that it is about, unless it is raw SQL.
    pub model: Option<&'static ModelDef>,
    /// Its name, in a word: `find`, `insert`, ….
    pub operation: &'static str,
}

impl Statement {
    /// A query of tables of PostgreSQL's or of the bookkeeping. `operation` says in a word what for.
    pub(crate) fn look(
        operation: &'static str,
        sql: impl Into<String>,
        params: Vec<Param>,
    ) -> Self {
        Self {
            sql: sql.into(),
            params,
            gives: Gives::Rows,
            effect: Effect::Reads,
            model: None,
            operation,
        }
    }

    /// A change of tables of the bookkeeping, which gives the rows that it has changed.
    pub(crate) fn change(
        operation: &'static str,
        sql: impl Into<String>,
        params: Vec<Param>,
    ) -> Self {
        Self {
            effect: Effect::Writes,
            ..Self::look(operation, sql, params)
        }
    }

    /// The types of its parameters.
    pub(crate) fn types(&self) -> impl Iterator<Item = Type> {
        self.params.iter().map(|param| param.ty().clone())
    }

    /// Refuses a reference to a row of another place than the statement runs in.
    pub(crate) fn admitted(&self, context: &Context) -> Result<()> {
        admitted(&self.params, context).map_err(|error| {
            context.explain(match self.model {
                Some(model) => error.in_model(model, self.operation),
                None => error,
            })
        })
    }
}

/// Refuses keys of rows of another place than the context's.
pub(crate) fn admitted<'p>(
    params: impl IntoIterator<Item = &'p Param>,
    context: &Context,
) -> Result<()> {
    let Origins { shared, tenant } = context.origins();
    let is_strange = |param: &Param| ![0, shared, tenant].contains(&param.origin());
    if !params.into_iter().any(is_strange) {
        return Ok(());
    }
    let message = "a value is the key of a row of another place\n\
                   help: use references in a scope of the place that their rows came from";
    Err(Error::new(ErrorKind::ForeignRow, message))
}

/// Kind of answer that a statement gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// Rows.
    Rows,
    /// The number of rows that it changed.
    Count,
    /// Rows that are told one by one, and then their number.
    Each,
    /// The number of rows that it has stored of the data that are sent behind it.
    Copied,
    /// Data that are told as they come, and then the number of messages that they came in.
    Data,
    /// Nothing. It has no parameters, and may be several statements in one message.
    Nothing,
}

/// Something that comes of a statement while it is under way.
#[derive(Debug)]
pub enum Came {
    /// A row.
    Row(Row),
    /// Data of a `COPY`.
    Data(CopiedData),
}

/// Data of a `COPY`.
#[derive(Debug, Default)]
pub struct CopiedData {
    /// The data.
    pub bytes: Vec<u8>,
    /// In how many messages they came. The server sends one for each row.
    pub messages: u64,
}

impl CopiedData {
    /// Adds a message.
    pub(super) fn add(&mut self, message: &[u8]) {
        self.bytes.extend_from_slice(message);
        self.messages += 1;
    }
}

/// Answer to a statement.
#[derive(Debug)]
pub enum Answer {
    /// The rows.
    Rows(Vec<Row>),
    /// The number of rows, changed or told one by one.
    Count(u64),
    /// Nothing but that it is done.
    Nothing,
}

impl Answer {
    /// The rows; none of a statement that was asked for a count.
    pub fn rows(self) -> Vec<Row> {
        match self {
            Self::Rows(rows) => rows,
            Self::Count(_) | Self::Nothing => Vec::new(),
        }
    }

    /// The number of rows, given or changed.
    pub fn count(&self) -> u64 {
        match self {
            Self::Rows(rows) => rows.len() as u64,
            Self::Count(count) => *count,
            Self::Nothing => 0,
        }
    }
}

/// Continuation of a flow with a statement's answer, or with the error that came instead.
pub type Next<'f, T> = Box<dyn FnOnce(Result<Answer>) -> Flow<'f, T> + Send + 'f>;

/// Continuation of a flow after a pause.
pub type Later<'f, T> = Box<dyn FnOnce() -> Flow<'f, T> + Send + 'f>;

/// Function that takes each row of a statement, or its data, as they come. After an error it is called no more.
pub type Sink<'f> = Box<dyn FnMut(Came) -> Result<()> + Send + 'f>;

/// An operation as data: either its outcome, or what to send and what to do with the answer.
pub enum Flow<'f, T> {
    /// The outcome.
    Done(Result<T>),
    /// A statement to run first.
    Run(Statement, Next<'f, T>),
    /// A statement whose rows or data are told as they come, so that they are never all in memory.
    Each(Statement, Sink<'f>, Next<'f, T>),
    /// A statement whose data are sent piece by piece, so that they are never all in memory.
    Copy(Statement, CopySource<'f>, Next<'f, T>),
    /// A step of the connection's transactions first, whose text depends on what they are in by then.
    Transaction(Command, Next<'f, T>),
    /// A pause first, in which nothing is sent.
    Pause(Duration, Later<'f, T>),
}

impl<'f, T> Flow<'f, T> {
    /// Runs one statement, then computes the outcome from its answer.
    pub fn run(
        statement: Result<Statement>,
        outcome: impl FnOnce(Answer) -> Result<T> + Send + 'f,
    ) -> Self {
        match statement {
            Ok(statement) => Self::then(statement, |answer| Self::Done(answer.and_then(outcome))),
            Err(error) => Self::Done(Err(error)),
        }
    }

    /// Runs one statement, then goes on with its answer, or with its error.
    pub(crate) fn then(
        statement: Statement,
        next: impl FnOnce(Result<Answer>) -> Self + Send + 'f,
    ) -> Self {
        Self::Run(statement, Box::new(next))
    }

    /// Goes on with the outcome of this flow, whether it is a value or an error.
    pub(crate) fn and_on<'g, U>(
        self,
        next: impl FnOnce(Result<T>) -> Flow<'g, U> + Send + 'g,
    ) -> Flow<'g, U>
    where
        'f: 'g,
        T: 'g,
        U: 'g,
    {
        match self {
            Self::Done(outcome) => next(outcome),
            Self::Run(statement, then) => {
                Flow::Run(statement, Box::new(|answer| then(answer).and_on(next)))
            }
            Self::Each(statement, sink, then) => Flow::Each(
                statement,
                sink,
                Box::new(|answer| then(answer).and_on(next)),
            ),
            Self::Copy(statement, source, then) => Flow::Copy(
                statement,
                source,
                Box::new(|answer| then(answer).and_on(next)),
            ),
            Self::Transaction(command, then) => {
                Flow::Transaction(command, Box::new(|answer| then(answer).and_on(next)))
            }
            Self::Pause(time, then) => Flow::Pause(time, Box::new(|| then().and_on(next))),
        }
    }
}

impl<'f, T: Send + 'f> Flow<'f, T> {
    /// Runs this in a transaction, which is committed if it gives a value, and rolled back otherwise. `begin` is what it begins with;
    /// the connection is in no transaction.
    pub(crate) fn in_transaction(self, begin: Command) -> Self {
        Flow::transaction(begin).and_on(|begun| match begun {
            Ok(()) => self.and_on(|outcome| Self::ended(1, outcome)),
            Err(error) => Self::Done(Err(error)),
        })
    }

    /// Runs a flow in a transaction, inside of another in a savepoint: all that it does is done, or nothing. The log is that of the
    /// connection.
    pub(crate) fn atomic(
        log: Arc<TransactionLog>,
        work: impl FnOnce() -> Self + Send + 'f,
    ) -> Self {
        Flow::transaction(Command::Begin(Begin::default())).and_on(move |begun| match begun {
            Ok(()) => {
                let depth = log.depth();
                work().and_on(move |outcome| Self::ended(depth, outcome))
            }
            Err(error) => Self::Done(Err(error)),
        })
    }

    /// Runs a flow that only reads in a transaction, inside of another in a savepoint, which is rolled back whatever it gives: so no setting
    /// of its own is left behind. The log is that of the connection.
    pub(crate) fn rolled_back(
        log: Arc<TransactionLog>,
        work: impl FnOnce() -> Self + Send + 'f,
    ) -> Self {
        Flow::transaction(Command::Begin(Begin::default())).and_on(move |begun| match begun {
            Ok(()) => {
                let depth = log.depth();
                work().and_on(move |outcome| {
                    let rollback = Flow::transaction(Command::RollBack(depth));
                    rollback.and_on(|_| Self::Done(outcome))
                })
            }
            Err(error) => Self::Done(Err(error)),
        })
    }

    fn ended(depth: u32, outcome: Result<T>) -> Self {
        match outcome {
            Ok(value) => Flow::transaction(Command::Commit(depth))
                .and_on(|committed| Self::Done(committed.map(|()| value))),
            Err(error) => {
                Flow::transaction(Command::RollBack(depth)).and_on(|_| Self::Done(Err(error)))
            }
        }
    }
}

impl<'f> Flow<'f, u64> {
    /// Runs one statement, and does something with each of its rows as it comes. Gives their number.
    pub(crate) fn each(
        statement: Result<Statement>,
        mut sink: impl FnMut(Row) -> Result<()> + Send + 'f,
    ) -> Self {
        Self::telling(statement, Gives::Each, move |came| match came {
            Came::Row(row) => sink(row),
            Came::Data(_) => Ok(()),
        })
    }

    /// Runs a `COPY`, and does something with its data as they come. Gives the number of the server's messages.
    pub(crate) fn data(
        statement: Result<Statement>,
        mut sink: impl FnMut(Vec<u8>) -> Result<()> + Send + 'f,
    ) -> Self {
        Self::telling(statement, Gives::Data, move |came| match came {
            Came::Data(data) => sink(data.bytes),
            Came::Row(_) => Ok(()),
        })
    }

    fn telling(
        statement: Result<Statement>,
        gives: Gives,
        sink: impl FnMut(Came) -> Result<()> + Send + 'f,
    ) -> Self {
        match statement {
            Ok(statement) => Self::Each(
                Statement { gives, ..statement },
                Box::new(sink),
                Box::new(|answer| Self::Done(answer.map(|answer| answer.count()))),
            ),
            Err(error) => Self::Done(Err(error)),
        }
    }
}

impl Flow<'_, ()> {
    /// A step of the connection's transactions.
    pub(crate) fn transaction(command: Command) -> Self {
        Self::Transaction(command, Box::new(|answer| Self::Done(answer.map(|_| ()))))
    }
}

impl<T> std::fmt::Debug for Flow<'_, T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Done(outcome) => f
                .debug_tuple("Done")
                .field(&outcome.as_ref().map(|_| ()))
                .finish(),
            Self::Run(statement, _) => f
                .debug_tuple("Run")
                .field(statement)
                .finish_non_exhaustive(),
            Self::Each(statement, ..) => f
                .debug_tuple("Each")
                .field(statement)
                .finish_non_exhaustive(),
            Self::Copy(statement, ..) => f
                .debug_tuple("Copy")
                .field(statement)
                .finish_non_exhaustive(),
            Self::Transaction(command, _) => f
                .debug_tuple("Transaction")
                .field(command)
                .finish_non_exhaustive(),
            Self::Pause(time, _) => f.debug_tuple("Pause").field(time).finish_non_exhaustive(),
        }
    }
}
