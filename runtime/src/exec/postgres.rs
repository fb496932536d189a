//! The blocking driver, over the `postgres` crate.
//!
//! Statements are unnamed and typed: one round trip each, nothing left on the server, so any pooler is safe.

use std::time::{Duration, Instant};

use postgres::Client;
use postgres::error::SqlState;
use postgres::types::{ToSql, Type};

use super::{Answer, Connection, Flow, Gives, Statement};
use crate::error::{Error, ErrorKind, Result};
use crate::scope::Context;

/// A blocking connection, and how deep in transactions it is.
pub struct PgConnection {
    client: Client,
    depth: u32,
    /// The transaction's first failed statement: until it is rolled back, the server refuses all others.
    failure: Option<String>,
    /// Whether the server has said goodbye; the driver itself may notice only later.
    broken: bool,
    /// Whether the driver's own connection was given out, so that what was done on it is not known.
    lent: bool,
}

impl PgConnection {
    /// Takes over a connection that is in no transaction.
    pub fn new(client: Client) -> Self {
        Self {
            client,
            depth: 0,
            failure: None,
            broken: false,
            lent: false,
        }
    }

    /// The driver's own connection, for what tenantry does not do.
    ///
    /// What is set on the session stays on it: leave it as it was.
    pub fn client(&mut self) -> &mut Client {
        self.lent = true;
        &mut self.client
    }

    /// The driver's own connection, for a piece of control work that leaves it as it was.
    pub(crate) fn control<T>(&mut self, work: impl FnOnce(&mut Client) -> Result<T>) -> Result<T> {
        let outcome = work(&mut self.client);
        self.broken |= outcome
            .as_ref()
            .is_err_and(|error| error.kind() == ErrorKind::Connection);
        outcome
    }

    /// Asks the server whether it is still there.
    pub(crate) fn is_alive(&mut self) -> bool {
        self.client.is_valid(Duration::from_secs(1)).is_ok()
    }

    /// Makes the connection ready for the next scope. Gives `false` if it is of no more use.
    pub(crate) fn settle(&mut self) -> bool {
        // A transaction that was begun behind our back would be the next scope's.
        if self.lent && self.is_reusable() {
            self.lent = false;
            self.broken |= self.client.batch_execute("ROLLBACK").is_err();
        }
        self.is_reusable()
    }

    /// Whether the connection can be used again: it is open, and in no transaction.
    pub(crate) fn is_reusable(&self) -> bool {
        self.depth == 0 && !self.broken && !self.client.is_closed()
    }

    fn execute(&mut self, statement: &Statement, context: &Context) -> Result<Answer> {
        let started = Instant::now();
        let span = tracing::debug_span!(
            target: "tenantry::statement",
            "statement",
            model = statement.model.map(|model| model.name),
            operation = statement.operation,
            tenant = context.tenant().map(|tenant| tenant.key.as_str()),
            sql = statement.sql,
        )
        .entered();
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
        // The server's words can quote a value, its code can't.
        let error = answer.as_ref().err();
        let code = error.map(|error| error.code().map_or("connection", SqlState::code));
        tracing::debug!(
            target: "tenantry::statement",
            error = code,
            rows = answer.as_ref().ok().map(Answer::count),
            micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        );
        drop(span);
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

    fn send(&mut self, sql: &str) -> Result<()> {
        tracing::debug!(target: "tenantry::statement", operation = "transaction", sql);
        self.client
            .batch_execute(sql)
            .map_err(|error| self.failed(error))
    }

    /// Begins a transaction, or a savepoint inside one.
    pub(crate) fn begin(&mut self) -> Result<()> {
        match self.depth {
            0 => self.send("BEGIN")?,
            depth => self.send(&format!("SAVEPOINT tenantry_{depth}"))?,
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
            return Err(aborted(&failure));
        }
        // What failed on the lent connection was not seen here. In a failed transaction a savepoint fails too, and the
        // commit behind it in the message is not run.
        let probe = if self.lent {
            "SAVEPOINT tenantry_probe; RELEASE SAVEPOINT tenantry_probe; "
        } else {
            ""
        };
        let depth = self.depth.saturating_sub(1);
        let end = match depth {
            0 => "COMMIT".to_owned(),
            depth => format!("RELEASE SAVEPOINT tenantry_{depth}"),
        };
        let outcome = self.send(&format!("{probe}{end}"));
        match outcome {
            Err(error) if error.sqlstate() == Some(IN_FAILED_TRANSACTION) => {
                self.rollback();
                Err(aborted("one that was sent through `client`"))
            }
            Err(error) if error.kind() == ErrorKind::Connection && depth == 0 => {
                self.depth = depth;
                Err(Error::new(
                    ErrorKind::CommitUnknown,
                    "the connection broke during commit: whether the transaction took effect is not known",
                )
                .because(error))
            }
            outcome => {
                self.depth = depth;
                if depth == 0 {
                    self.failure = None;
                }
                outcome
            }
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
        match self.send(&sql) {
            Ok(()) => self.depth = self.depth.saturating_sub(1),
            Err(error) => {
                tracing::warn!(%error, "could not roll back; the connection will be closed");
            }
        }
    }
}

/// PostgreSQL's code for a statement in a transaction that has failed.
const IN_FAILED_TRANSACTION: &str = "25P02";

fn aborted(failure: &str) -> Error {
    Error::new(
        ErrorKind::Aborted,
        format!(
            "the transaction was rolled back, because a statement of it failed: {failure}\n\
             help: return that error from the closure, or run the statement in a nested transaction"
        ),
    )
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
        context: &'a Context,
    ) -> Result<T> {
        loop {
            match flow {
                Flow::Done(outcome) => return outcome.map_err(|error| context.explain(error)),
                Flow::Run(statement, next) => {
                    context.admit(&statement)?;
                    let answer = self.execute(&statement, context).map_err(|error| {
                        context.explain(match statement.model {
                            Some(model) => error.in_model(model, statement.operation),
                            None => error,
                        })
                    })?;
                    flow = next(answer);
                }
            }
        }
    }
}
