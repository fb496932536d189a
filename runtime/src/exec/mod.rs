//! Running statements: what a statement is, what comes back, and the one seam between queries and drivers.
//!
//! Nothing above this module does I/O. A query makes a [`Flow`]: the statements that it needs and what to make of
//! their answers. A [`Connection`] drives a flow, and says in its own terms what comes of it: a `Result` for a
//! blocking driver, a future for an asynchronous one. So every query is written once for all drivers.

mod blocking;
mod connect;
mod effect;
mod handshake;
mod pool;
mod pooled;
mod postgres;
mod reset;
#[cfg(all(test, feature = "testing"))]
mod seam_test;
mod session;
mod silence;
mod watchdog;

use ::postgres::Row;

pub use self::blocking::blocking;
pub(crate) use self::connect::Connector;
#[doc(hidden)]
pub use self::effect::Effect;
pub(crate) use self::pool::{Pool, PoolOptions};
pub use self::pooled::Pooled;
pub use self::postgres::PgConnection;
pub(crate) use self::reset::{Given, Locks, end_within, reset, reset_whole};
pub(crate) use self::session::{END, FORGET, RESET};

use crate::error::Result;
use crate::model::ModelDef;
use crate::scope::Context;
use crate::value::Param;

/// A statement, ready to be sent.
#[doc(hidden)]
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

/// Kind of answer that a statement gives.
#[doc(hidden)]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// Rows.
    Rows,
    /// The number of rows that it changed.
    Count,
}

/// Answer to a statement.
#[doc(hidden)]
#[derive(Debug)]
pub enum Answer {
    /// The rows.
    Rows(Vec<Row>),
    /// The number of rows changed.
    Count(u64),
}

impl Answer {
    /// The rows; none of a statement that was asked for a count.
    pub fn rows(self) -> Vec<Row> {
        match self {
            Self::Rows(rows) => rows,
            Self::Count(_) => Vec::new(),
        }
    }

    /// The number of rows, given or changed.
    pub fn count(&self) -> u64 {
        match self {
            Self::Rows(rows) => rows.len() as u64,
            Self::Count(count) => *count,
        }
    }
}

/// Continuation of a flow with a statement's answer.
#[doc(hidden)]
pub type Next<'f, T> = Box<dyn FnOnce(Answer) -> Flow<'f, T> + Send + 'f>;

/// An operation as data: either its outcome, or a statement to run and what to do with its answer.
#[doc(hidden)]
pub enum Flow<'f, T> {
    /// The outcome.
    Done(Result<T>),
    /// A statement to run first.
    Run(Statement, Next<'f, T>),
}

impl<'f, T> Flow<'f, T> {
    /// Runs one statement, then computes the outcome from its answer.
    pub fn run(
        statement: Result<Statement>,
        outcome: impl FnOnce(Answer) -> Result<T> + Send + 'f,
    ) -> Self {
        match statement {
            Ok(statement) => Self::Run(statement, Box::new(|answer| Self::Done(outcome(answer)))),
            Err(error) => Self::Done(Err(error)),
        }
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
        }
    }
}

/// A connection to a server: the seam between queries and drivers.
#[doc(hidden)]
pub trait Connection {
    /// Outcome of an operation with result `T`: `Result<T>` when it blocks, a future of one when it does not.
    type Outcome<'a, T: 'a>
    where
        Self: 'a;

    /// Runs a flow to its end. `context` is the scope's: it admits each statement, and says of an error where it happened.
    fn drive<'a, T: Send + 'a>(
        &'a mut self,
        flow: Flow<'a, T>,
        context: &'a Context,
    ) -> Self::Outcome<'a, T>;
}

impl<C: Connection> Connection for &mut C {
    type Outcome<'a, T: 'a>
        = C::Outcome<'a, T>
    where
        Self: 'a;

    fn drive<'a, T: Send + 'a>(
        &'a mut self,
        flow: Flow<'a, T>,
        context: &'a Context,
    ) -> Self::Outcome<'a, T> {
        (**self).drive(flow, context)
    }
}
