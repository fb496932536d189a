//! Queries that lock the rows that they give.

use std::fmt;

use super::decode::{self, FromRow, Reading};
use super::error::{not_found, several};
use super::select::Query;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::reach::WritesTo;
use crate::exec::{Effect, Flow, Statement};
use crate::model::{Model, Placement, Writable};
use crate::name::quote_identifier;
use crate::place::Context;

/// A query that locks its rows of `M` until the transaction ends. Made by [`Query::for_update`] and its like.
///
/// A queue of jobs, of which each worker takes one that no other has:
///
/// ```no_run
/// # use tenantry::prelude::*;
/// /// Something to do.
/// #[tenant_model]
/// pub struct Job {
///     #[field(key)]
///     pub id: i64,
///     pub payload: String,
/// }
///
/// fn work(acme: &mut TenantScope, mut run: impl FnMut(&str)) -> tenantry::Result<bool> {
///     acme.transaction(|tx| {
///         let next = Job::query().order_by(Job::ID.asc()).for_update().skip_locked();
///         let Some(job) = next.first(tx)? else { return Ok(false) };
///         run(&job.payload);
///         job.delete(tx)?;
///         Ok(true)
///     })
/// }
/// ```
///
/// Rows that are joined are not locked. It runs in a transaction only, and where `M` is written.
#[must_use = "a query does nothing until a scope is given to `all`, `for_each`, `one`, `first` or `exists`"]
pub struct Locked<M: Model, Out, P> {
    query: Query<M, Out, P>,
    strength: &'static str,
    wait: &'static str,
}

impl<M: Model, Out, P: Placement> Query<M, Out, P> {
    /// Locks the rows as a change of any column, or a delete, does: others can only read them.
    pub fn for_update(self) -> Locked<M, Out, P>
    where
        M: Writable,
    {
        Locked::new(self, "UPDATE")
    }

    /// Locks the rows as a change of columns does that no foreign key references: others can still reference them.
    pub fn for_no_key_update(self) -> Locked<M, Out, P>
    where
        M: Writable,
    {
        Locked::new(self, "NO KEY UPDATE")
    }

    /// Locks the rows against changes; others can lock them in this way too.
    pub fn for_share(self) -> Locked<M, Out, P>
    where
        M: Writable,
    {
        Locked::new(self, "SHARE")
    }

    /// Locks the rows against a delete and a change of the key, as a foreign key does.
    pub fn for_key_share(self) -> Locked<M, Out, P>
    where
        M: Writable,
    {
        Locked::new(self, "KEY SHARE")
    }
}

impl<M: Model, Out, P: Placement> Locked<M, Out, P> {
    fn new(query: Query<M, Out, P>, strength: &'static str) -> Self {
        Self {
            query,
            strength,
            wait: "",
        }
    }

    /// Leaves out rows that somebody else has locked, instead of waiting.
    pub fn skip_locked(self) -> Self {
        Self {
            wait: " SKIP LOCKED",
            ..self
        }
    }

    /// Fails with [`ErrorKind::LockTimeout`] when somebody else has locked a row, instead of waiting.
    pub fn no_wait(self) -> Self {
        Self {
            wait: " NOWAIT",
            ..self
        }
    }

    /// Returns all rows, and locks them.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Configuration`], when there is no transaction, or the query gives no rows of the table that could be locked, as
    /// with `distinct`, `distinct_on` and windows; when the server refuses the statement, or a row does not fit
    /// the model.
    pub fn all<S: WritesTo<M, P>>(self, scope: &mut S) -> S::Outcome<'_, Vec<Out>>
    where
        Out: FromRow,
    {
        self.run(scope, |rows, reading| decode::read_all(&rows, reading))
    }

    /// Returns the first row, if there is any, and locks that.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all).
    pub fn first<S: WritesTo<M, P>>(mut self, scope: &mut S) -> S::Outcome<'_, Option<Out>>
    where
        Out: FromRow,
    {
        self.query = self.query.at_most(1);
        self.run(scope, |rows, reading| {
            let first = rows.first().map(|row| decode::read(row, reading));
            first.transpose()
        })
    }

    /// Returns the only row, and locks it.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::NotFound`] when there is none, [`ErrorKind::SeveralRows`] when there are several; and as
    /// [`all`](Self::all).
    pub fn one<S: WritesTo<M, P>>(mut self, scope: &mut S) -> S::Outcome<'_, Out>
    where
        Out: FromRow,
    {
        // One more than wanted tells that there are several.
        self.query = self.query.at_most(2);
        self.run(scope, |rows, reading| match &rows[..] {
            [row] => decode::read(row, reading),
            [] => Err(not_found(M::DEF)),
            _ => Err(several(M::DEF, "lock")),
        })
    }

    /// Tells whether there is any row, and locks one.
    ///
    /// With [`skip_locked`](Self::skip_locked) it tells whether there is one that nobody else has locked.
    ///
    /// # Errors
    ///
    /// As [`all`](Self::all).
    pub fn exists<S: WritesTo<M, P>>(mut self, scope: &mut S) -> S::Outcome<'_, bool> {
        self.query = self.query.at_most(1);
        self.run(scope, |rows, _| Ok(!rows.is_empty()))
    }

    /// Calls a closure with each row as it comes, and returns the number of rows. All are locked by then, however few are in memory: see
    /// [`Query::for_each`].
    ///
    /// # Errors
    ///
    /// The closure's; and as [`all`](Self::all).
    pub fn for_each<'a, S: WritesTo<M, P>>(
        self,
        scope: &'a mut S,
        mut work: impl FnMut(Out) -> Result<()> + Send + 'a,
    ) -> S::Outcome<'a, u64>
    where
        Out: FromRow,
    {
        let context = scope.context().clone();
        let statement = self.statement(&context);
        let rounded = self.rounded();
        scope.drive(Flow::each(statement, move |row| {
            work(decode::read(&row, Reading::of(&context, rounded))?)
        }))
    }

    /// A bit for each selected value that the server has rounded.
    pub(crate) fn rounded(&self) -> u64 {
        self.query.shape.rounded()
    }

    fn run<'a, T: 'a, S: WritesTo<M, P>>(
        self,
        scope: &'a mut S,
        outcome: impl FnOnce(Vec<postgres::Row>, Reading<'_>) -> Result<T> + Send + 'static,
    ) -> S::Outcome<'a, T> {
        let context = scope.context().clone();
        let statement = self.statement(&context);
        let rounded = self.rounded();
        scope.drive(Flow::run(statement, move |answer| {
            outcome(answer.rows(), Reading::of(&context, rounded))
        }))
    }

    pub(crate) fn statement(&self, context: &Context) -> Result<Statement> {
        if context.log().depth() == 0 {
            let message = "a lock on rows ends with its transaction, and there is none\n\
                           help: run the query in `scope.transaction(|tx| ..)`, on `tx`";
            return Err(Error::new(ErrorKind::Configuration, message).in_model(M::DEF, "lock"));
        }
        if let Some(why) = self.query.shape.unlockable() {
            let message = format!(
                "{why}, and such rows can't be locked\n\
                 help: lock the rows by a query of their own: `Model::query().filter(Model::ID.in_query(..)).for_update()`"
            );
            return Err(Error::new(ErrorKind::Configuration, message).in_model(M::DEF, "lock"));
        }
        let statement = self.query.statement(context, "lock")?;
        let (strength, wait) = (self.strength, self.wait);
        let table = quote_identifier(M::DEF.table);
        Ok(Statement {
            sql: format!("{} FOR {strength} OF {table}{wait}", statement.sql),
            effect: Effect::Writes,
            ..statement
        })
    }
}

impl<M: Model, Out, P> fmt::Debug for Locked<M, Out, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Locked")
            .field("query", &self.query)
            .field("strength", &self.strength)
            .finish_non_exhaustive()
    }
}
