//! How long a connection waits for the server.

use std::sync::Arc;
use std::time::Duration;

use super::blocking::blocking;
use super::cancel::By;
use super::silence::Silence;
use super::watchdog::Watched;
use crate::error::{Error, ErrorKind};

/// How long a connection waits for the answer to a cancellation.
pub(super) const GRACE: Duration = Duration::from_secs(5);

/// How long it waits for an answer that costs the server nothing.
pub(super) const PROMPT: Duration = Duration::from_secs(2);

/// The limits of a connection.
pub(super) struct ConnectionLimits {
    pub(super) silence: Silence,
    statement: Option<Duration>,
    watched: Option<Arc<Watched>>,
    /// For a while, and shorter: what is sent costs the server little, so that more than this tells that it is gone.
    pub(super) prompt: Option<Duration>,
}

impl ConnectionLimits {
    pub(super) fn new(
        silence: Silence,
        statement: Option<Duration>,
        watched: Option<Arc<Watched>>,
    ) -> Self {
        Self {
            silence,
            statement,
            watched,
            prompt: None,
        }
    }

    /// How long a statement may take.
    pub(super) fn of_statements(&self) -> Option<Duration> {
        self.statement
    }

    /// How long the server may be silent, usually.
    pub(super) fn usual(&self) -> Option<Duration> {
        self.statement.map(|limit| limit + GRACE)
    }

    /// Sends something and waits for the answer, for so long.
    pub(super) fn timed<T: Send>(&self, work: impl FnOnce() -> T + Send) -> T {
        self.begin();
        let answer = blocking(work);
        self.end();
        answer
    }

    /// Notes that something is sent.
    pub(super) fn begin(&self) {
        self.begin_within(None);
    }

    /// Notes that something is sent that takes no longer than that, if it says so. Returns how long the wait may be.
    pub(super) fn begin_within(&self, prompt: Option<Duration>) -> Option<Duration> {
        let allowed = prompt.or(self.prompt).or(self.usual());
        self.silence.allow(allowed);
        if let (Some(limit), Some(watched)) = (self.statement, &self.watched) {
            watched.begin(limit);
        }
        allowed
    }

    /// Notes that the answer is there.
    pub(super) fn end(&self) {
        if let Some(watched) = &self.watched {
            watched.end();
        }
    }

    /// Says of a statement that was cancelled here why.
    pub(super) fn explain(&self, error: Error, by: Option<By>) -> Error {
        match self.statement {
            Some(limit) if by == Some(By::Clock) && error.kind() == ErrorKind::Cancelled => {
                let message = format!(
                    "the statement was cancelled, because it took longer than {limit:?}\n\
                     help: raise `statement_timeout`, or have it do less"
                );
                error.retold(ErrorKind::Cancelled, message)
            }
            _ => error,
        }
    }
}
