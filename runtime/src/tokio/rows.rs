//! Rows that come as a task asks for them.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{self, Poll};

use futures_util::Stream;
use postgres::Row;

use super::Leased;
use crate::error::Result;
use crate::exec::tokio::Driven;
use crate::exec::{Flow, Gives, Statement};
use crate::model::{Model, Placement};
use crate::place::Context;
use crate::query::{AllBound, Each, FromRow, Locked, Query, Reading, read, read_by_name};
use crate::scope::{Raw, Reaches, WritesTo};

/// The rows of a statement, a [`Stream`] of them. Made by [`Query::stream`] and [`Raw::stream`].
///
/// However many rows there are, only a few are in memory: the server waits until more are asked for, and the limit of a statement's time counts
/// only while somebody asks. Each row is by itself: one that does not fit is an error, and hides no other. After an error of the
/// server there are no more.
///
/// When it is dropped before the last row, the statement is cancelled on the server. In a transaction the rows that are left are read and passed
/// over by what is sent next.
#[must_use = "nothing is sent until a row is asked for"]
pub struct Rows<'a, Out> {
    /// Present until the last row.
    driven: Option<Driven<'a, u64>>,
    next: NextRow,
    context: Context,
    /// Which columns the server has rounded.
    rounded: u64,
    read: fn(&Row, Reading<'_>) -> Result<Out>,
}

/// The row that has come and that nobody has taken.
type NextRow = Arc<Mutex<Option<Row>>>;

impl<'a, Out> Rows<'a, Out> {
    fn new<S: Leased>(
        scope: &'a mut S,
        statement: Result<Statement>,
        rounded: u64,
        read: fn(&Row, Reading<'_>) -> Result<Out>,
    ) -> Self {
        let context = scope.context().clone();
        let next = NextRow::default();
        let theirs = Arc::clone(&next);
        let flow = Flow::each(statement, move |row| {
            *theirs.lock().unwrap_or_else(PoisonError::into_inner) = Some(row);
            Ok(())
        });
        Self {
            driven: Some(scope.driven(flow).one_by_one()),
            next,
            context,
            rounded,
            read,
        }
    }

    /// Waits for the next row. Gives nothing after the last, and after an error of the server.
    pub async fn next(&mut self) -> Option<Result<Out>> {
        poll_fn(|task| Pin::new(&mut *self).poll_next(task)).await
    }

    fn taken(&self) -> Option<Result<Out>> {
        let row = self
            .next
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()?;
        let read = (self.read)(&row, Reading::of(&self.context, self.rounded));
        Some(read.map_err(|error| self.context.explain(error)))
    }
}

impl<Out> Stream for Rows<'_, Out> {
    type Item = Result<Out>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        task: &mut task::Context<'_>,
    ) -> Poll<Option<Result<Out>>> {
        let Some(driven) = &mut self.driven else {
            return Poll::Ready(None);
        };
        match Pin::new(driven).poll(task) {
            Poll::Pending => self
                .taken()
                .map_or(Poll::Pending, |row| Poll::Ready(Some(row))),
            Poll::Ready(outcome) => {
                self.driven = None;
                Poll::Ready(outcome.err().map(Err))
            }
        }
    }
}

impl<M: Model, Out, P, E> Query<M, Out, P, E>
where
    Out: FromRow,
    P: Placement,
    E: Each,
{
    /// Returns the rows of a task's query as a stream.
    ///
    /// ```no_run
    /// # use tenantry::prelude::*;
    /// # use tenantry::tokio::TenantScope;
    /// # #[tenant_model]
    /// # pub struct Invoice { #[field(key)] pub id: i64, pub cents: i64 }
    /// # async fn total(acme: &mut TenantScope) -> tenantry::Result<i64> {
    /// let mut total = 0;
    /// let mut invoices = Invoice::query().order_by(Invoice::ID.asc()).stream(acme);
    /// while let Some(invoice) = invoices.next().await {
    ///     total += invoice?.cents;
    /// }
    /// # Ok(total)
    /// # }
    /// ```
    ///
    /// The scope is in use until the stream is dropped.
    pub fn stream<S: Leased + Reaches<M, P>>(self, scope: &mut S) -> Rows<'_, Out> {
        let statement = self.statement(scope.context(), "select");
        Rows::new(scope, statement, self.rounded(), |row, reading| {
            read(row, reading)
        })
    }
}

impl<M: Model, Out: FromRow, P: Placement> Locked<M, Out, P> {
    /// Returns the rows of a task's query as a stream, and locks them as they come: see [`Query::stream`].
    ///
    /// When it is dropped before the last row, those that have not come need not be locked.
    pub fn stream<S: Leased + WritesTo<M, P>>(self, scope: &mut S) -> Rows<'_, Out> {
        let statement = self.statement(scope.context());
        Rows::new(scope, statement, self.rounded(), |row, reading| {
            read(row, reading)
        })
    }
}

impl<'s, S: Leased, Left> Raw<'s, S, Left> {
    /// Returns the rows of a task's statement as a stream, each read as by [`rows`](Self::rows).
    ///
    /// The scope is in use until the stream is dropped. What the statement changes is changed when the last row has come.
    pub fn stream<T: FromRow>(self) -> Rows<'s, T>
    where
        Left: AllBound,
    {
        let (scope, statement) = self.statement(Gives::Rows);
        Rows::new(scope, statement, 0, |row, reading| {
            read_by_name(row, reading.context)
        })
    }
}

impl<Out> fmt::Debug for Rows<'_, Out> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rows").finish_non_exhaustive()
    }
}
