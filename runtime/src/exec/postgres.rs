//! The blocking driver, over the `postgres` crate.
//!
//! Statements are unnamed and typed: one round trip each, nothing left on the server, so any pooler is safe.

use std::time::Instant;

use postgres::Client;
use postgres::types::{ToSql, Type};

use super::{Answer, Connection, Flow, Gives, Statement};
use crate::error::{Error, ErrorKind, Result};

/// A blocking connection, and how deep in transactions it is.
pub struct PgConnection {
    client: Client,
    depth: u32,
    /// The transaction's first failed statement: until it is rolled back, the server refuses all others.
    failure: Option<String>,
    /// Whether the server has said goodbye; the driver itself may notice only later.
    broken: bool,
}

impl PgConnection {
    /// Takes over a connection that is in no transaction.
    pub fn new(client: Client) -> Self {
        Self {
            client,
            depth: 0,
            failure: None,
            broken: false,
        }
    }

    /// The driver's own connection, for what tenantry does not do.
    ///
    /// What is set on the session stays on it: leave it as it was.
    pub fn client(&mut self) -> &mut Client {
        &mut self.client
    }

    /// Whether the connection can be used again: it is open, and in no transaction.
    pub(crate) fn is_reusable(&self) -> bool {
        self.depth == 0 && !self.broken && !self.client.is_closed()
    }

    fn execute(&mut self, statement: &Statement) -> Result<Answer> {
        let started = Instant::now();
        let params: Vec<(&(dyn ToSql + Sync), Type)> = statement
            .params
            .iter()
            .map(|param| (param as &(dyn ToSql + Sync), param.ty().clone()))
            .collect();
        let answer = match statement.gives {
            Gives::Rows => self
                .client
                .query_typed(&statement.sql, &params)
                .map(Answer::Rows),
            Gives::Count => self
                .client
                .execute_typed(&statement.sql, &params)
                .map(Answer::Count),
        };
        tracing::debug!(
            target: "tenantry::statement",
            model = statement.model.map(|model| model.name),
            operation = statement.operation,
            rows = answer.as_ref().ok().map(Answer::count),
            micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
            sql = statement.sql,
        );
        answer.map_err(|error| self.failed(error))
    }

    fn failed(&mut self, error: postgres::Error) -> Error {
        let refused = error.as_db_error().is_some();
        let error = Error::from(error);
        self.broken |= error.kind() == ErrorKind::Connection;
        if refused && self.depth > 0 {
            self.failure.get_or_insert_with(|| error.to_string());
        }
        error
    }

    fn control(&mut self, sql: &str) -> Result<()> {
        tracing::debug!(target: "tenantry::statement", operation = "transaction", sql);
        self.client
            .batch_execute(sql)
            .map_err(|error| self.failed(error))
    }

    /// Begins a transaction, or a savepoint inside one.
    pub(crate) fn begin(&mut self) -> Result<()> {
        match self.depth {
            0 => self.control("BEGIN")?,
            depth => self.control(&format!("SAVEPOINT tenantry_{depth}"))?,
        }
        self.depth += 1;
        Ok(())
    }

    /// Commits the innermost transaction or savepoint.
    ///
    /// PostgreSQL answers a `COMMIT` after a failed statement with a silent rollback, so that case is an error here.
    pub(crate) fn commit(&mut self) -> Result<()> {
        if let Some(failure) = self.failure.take() {
            self.rollback();
            return Err(Error::new(
                ErrorKind::Aborted,
                format!(
                    "the transaction was rolled back, because a statement of it failed: {failure}\n\
                     help: return that error from the closure, or run the statement in a nested transaction"
                ),
            ));
        }
        self.depth -= 1;
        match self.depth {
            0 => self.control("COMMIT").map_err(|error| match error.kind() {
                ErrorKind::Connection => Error::new(
                    ErrorKind::CommitUnknown,
                    "the connection broke during commit: whether the transaction took effect is not known",
                )
                .because(error),
                _ => error,
            }),
            depth => self.control(&format!("RELEASE SAVEPOINT tenantry_{depth}")),
        }
    }

    /// Rolls the innermost transaction or savepoint back.
    ///
    /// A connection on which that fails is closed or of no more use: the pool drops it, and the server rolls back.
    pub(crate) fn rollback(&mut self) {
        self.failure = None;
        let sql = match self.depth {
            0 | 1 => "ROLLBACK".to_owned(),
            depth => {
                let name = depth - 1;
                format!("ROLLBACK TO SAVEPOINT tenantry_{name}; RELEASE SAVEPOINT tenantry_{name}")
            }
        };
        match self.control(&sql) {
            Ok(()) => self.depth = self.depth.saturating_sub(1),
            Err(error) => {
                tracing::warn!(%error, "could not roll back; the connection will be closed");
            }
        }
    }
}

impl std::fmt::Debug for PgConnection {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PgConnection")
            .field("depth", &self.depth)
            .finish_non_exhaustive()
    }
}

impl Connection for PgConnection {
    type Outcome<'a, T: 'a> = Result<T>;

    fn drive<'a, T: Send + 'a>(
        &'a mut self,
        mut flow: Flow<'a, T>,
        explain: impl Fn(Error) -> Error + Send + 'a,
    ) -> Result<T> {
        loop {
            match flow {
                Flow::Done(outcome) => return outcome.map_err(explain),
                Flow::Run(statement, next) => {
                    let answer =
                        self.execute(&statement)
                            .map_err(|error| match statement.model {
                                Some(model) => explain(error.in_model(model, statement.operation)),
                                None => explain(error),
                            })?;
                    flow = next(answer);
                }
            }
        }
    }
}
