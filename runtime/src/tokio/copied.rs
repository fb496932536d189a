//! Data of a `COPY` that come as a task asks for them.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{self, Poll};

use futures_util::Stream;

use super::Leased;
use crate::error::Result;
use crate::exec::tokio::Driven;
use crate::model::{Model, Placement};
use crate::query::CopyOut;
use crate::scope::Reaches;

/// The bytes of rows that are copied out, a [`Stream`] of them. Made by [`CopyOut::stream`].
///
/// However many rows there are, some 64 KiB are in memory: the server waits until more are asked for, and the limit of a statement's time counts
/// only while somebody asks. After an error there are no more.
///
/// When it is dropped before the end, the statement is cancelled on the server.
#[must_use = "nothing is sent until data are asked for"]
pub struct Copied<'a> {
    /// Present until the end.
    driven: Option<Driven<'a, u64>>,
    next: NextPiece,
    rows: Option<u64>,
}

/// The data that have come and that nobody has taken.
type NextPiece = Arc<Mutex<Option<Vec<u8>>>>;

impl Copied<'_> {
    /// Waits for more data. Gives nothing at the end, and after an error.
    pub async fn next(&mut self) -> Option<Result<Vec<u8>>> {
        poll_fn(|task| Pin::new(&mut *self).poll_next(task)).await
    }

    /// The number of rows, once all of them have come.
    pub fn rows(&self) -> Option<u64> {
        self.rows
    }

    fn taken(&self) -> Option<Result<Vec<u8>>> {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        next.take().map(Ok)
    }
}

impl Stream for Copied<'_> {
    type Item = Result<Vec<u8>>;

    fn poll_next(
        mut self: Pin<&mut Self>,
        task: &mut task::Context<'_>,
    ) -> Poll<Option<Result<Vec<u8>>>> {
        let Some(driven) = &mut self.driven else {
            return Poll::Ready(None);
        };
        match Pin::new(driven).poll(task) {
            Poll::Pending => self
                .taken()
                .map_or(Poll::Pending, |data| Poll::Ready(Some(data))),
            Poll::Ready(outcome) => {
                self.driven = None;
                self.rows = outcome.as_ref().ok().copied();
                // A header to which no rows have come.
                Poll::Ready(outcome.err().map(Err).or_else(|| self.taken()))
            }
        }
    }
}

impl<M: Model, P: Placement> CopyOut<M, P> {
    /// Returns the bytes as a stream, to be written to wherever a task writes: the body of an answer, or a file.
    ///
    /// ```no_run
    /// # use tenantry::prelude::*;
    /// # use tenantry::query::Csv;
    /// # use tenantry::tokio::TenantScope;
    /// # #[tenant_model]
    /// # pub struct Invoice { #[field(key)] pub id: i64, pub cents: i64 }
    /// # async fn export(acme: &mut TenantScope) -> tenantry::Result<Vec<u8>> {
    /// let mut body = Vec::new();
    /// let mut csv = Invoice::query().copy_out(Csv::new()).stream(acme);
    /// while let Some(data) = csv.next().await {
    ///     body.extend(data?);
    /// }
    /// # Ok(body)
    /// # }
    /// ```
    ///
    /// The scope is in use until the stream is dropped. Errors are those of [`write_to`](Self::write_to), and come as an item.
    pub fn stream<S: Leased + Reaches<M, P>>(self, scope: &mut S) -> Copied<'_> {
        let context = scope.context().clone();
        let next = NextPiece::default();
        let theirs = Arc::clone(&next);
        let flow = self.flow(&context, move |data| {
            if let Some(data) = data {
                *theirs.lock().unwrap_or_else(PoisonError::into_inner) = Some(data);
            }
            Ok(())
        });
        Copied {
            driven: Some(scope.driven(flow).one_by_one()),
            next,
            rows: None,
        }
    }
}

impl fmt::Debug for Copied<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Copied").finish_non_exhaustive()
    }
}
