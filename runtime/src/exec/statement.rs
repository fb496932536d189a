//! Statements as data, their answers, and operations made of both.

use postgres::Row;

use super::effect::Effect;
use crate::error::{Error, ErrorKind, Result};
use crate::model::ModelDef;
use crate::place::Context;
use crate::value::{Origins, Param};

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
    /// Refuses a reference to a row of another place than the statement runs in.
    pub(crate) fn admitted(&self, context: &Context) -> Result<()> {
        let Origins { shared, tenant } = context.origins();
        let strange = |param: &Param| ![0, shared, tenant].contains(&param.origin());
        if !self.params.iter().any(strange) {
            return Ok(());
        }
        let message = "a value is the key of a row of another place\n\
                       help: use references in a scope of the place that their rows came from";
        let error = Error::new(ErrorKind::ForeignRow, message);
        Err(context.explain(match self.model {
            Some(model) => error.in_model(model, self.operation),
            None => error,
        }))
    }
}

/// Kind of answer that a statement gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Gives {
    /// Rows.
    Rows,
    /// The number of rows that it changed.
    Count,
}

/// Answer to a statement.
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
pub type Next<'f, T> = Box<dyn FnOnce(Answer) -> Flow<'f, T> + Send + 'f>;

/// An operation as data: either its outcome, or a statement to run and what to do with its answer.
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
