//! How long a task waits for what comes piece by piece: rows, or room for more data.

use std::pin::Pin;
use std::task::{self, Poll};
use std::time::Duration;

use tokio::time::{Sleep, sleep};

use crate::error::{Error, ErrorKind, Result};

/// The clock of an answer of many pieces. It goes from when a piece is waited for to when it is there, and not while nobody asks for one.
pub(super) struct PieceClock {
    limit: Option<Duration>,
    /// Present while a piece is waited for.
    over: Option<Pin<Box<Sleep>>>,
}

impl PieceClock {
    /// A clock that stands.
    pub(super) fn new(limit: Option<Duration>) -> Self {
        Self { limit, over: None }
    }

    /// Stops it: the piece is there.
    pub(super) fn rest(&mut self) {
        self.over = None;
    }

    /// Waits for a piece that is not there yet, with an error once that has taken too long.
    pub(super) fn poll<T>(&mut self, task: &mut task::Context<'_>) -> Poll<Result<T>> {
        let Some(limit) = self.limit else {
            return Poll::Pending;
        };
        let over = self.over.get_or_insert_with(|| Box::pin(sleep(limit)));
        over.as_mut().poll(task).map(|()| Err(unanswered(limit)))
    }
}

/// Returns the error of a server that has not answered within so long.
pub(super) fn unanswered(limit: Duration) -> Error {
    let message = format!(
        "there was no answer within {limit:?}; the connection is closed\n\
         help: look whether the server is up and reachable; what takes so long needs a longer `statement_timeout`"
    );
    Error::new(ErrorKind::Connection, message)
}
