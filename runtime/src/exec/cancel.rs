//! Cancelling what runs over a connection, by the clock or from another thread.
//!
//! A server is told the connection, and cancels whatever runs there when it hears that. So a token works only during the
//! loan that it was taken from, and a connection over which something was cancelled is not lent again.
//!
//! | state | is cancelled | loan ends | is closed |
//! |---|---|---|---|
//! | `Lent` | `Cancelled`, and the server is told, unless a token is of another loan | `Lent`, the next | `Closed` |
//! | `Cancelled` | the same again: it is still the same loan | stays, and is not lent again | `Closed` |
//! | `Closed` | stays | stays | stays |

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::blocking::blocking;
use crate::error::Result;

/// Cancels what runs in a scope, from any thread.
///
/// It belongs to the scope that it was taken from. When that has ended it cancels nothing, whoever has the connection then.
#[derive(Debug, Clone)]
pub struct CancelToken {
    connection: Arc<Cancels>,
    loan: u64,
}

impl CancelToken {
    /// Has the server cancel the statement that is running in the scope, if there is one.
    ///
    /// That fails with [`ErrorKind::Cancelled`](crate::ErrorKind::Cancelled), and its connection is closed when the scope ends. A
    /// statement that begins meanwhile or right afterwards may be cancelled too. Nothing happens when the scope has ended.
    ///
    /// # Errors
    ///
    /// When the server can't be reached.
    pub fn cancel(&self) -> Result<()> {
        if self.connection.begin(By::Caller(self.loan)) {
            self.connection.send()?;
        }
        Ok(())
    }
}

/// Who cancels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum By {
    /// The limit of a statement.
    Clock,
    /// A token of a loan.
    Caller(u64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum CancelState {
    /// On its so-and-so-many-th loan.
    Lent(u64),
    /// The same, after something was cancelled.
    Cancelled {
        loan: u64,
        by: By,
    },
    Closed,
}

/// A connection, as those see it who cancel.
pub(super) struct Cancels {
    state: Mutex<CancelState>,
    tell: Box<dyn Fn() -> Result<()> + Send + Sync>,
}

impl Cancels {
    /// Takes what tells the server, and blocks.
    pub(super) fn new(tell: impl Fn() -> Result<()> + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            state: Mutex::new(CancelState::Lent(0)),
            tell: Box::new(tell),
        })
    }

    fn state(&self) -> MutexGuard<'_, CancelState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns a token of the loan that there is.
    pub(super) fn token(self: &Arc<Self>) -> CancelToken {
        let loan = match *self.state() {
            CancelState::Lent(loan) | CancelState::Cancelled { loan, .. } => loan,
            // It has nothing left to cancel.
            CancelState::Closed => u64::MAX,
        };
        CancelToken {
            connection: Arc::clone(self),
            loan,
        }
    }

    /// Notes that the server is about to be told. Returns `false` where it must not be.
    pub(super) fn begin(&self, by: By) -> bool {
        let mut state = self.state();
        let (CancelState::Lent(loan) | CancelState::Cancelled { loan, .. }) = *state else {
            return false;
        };
        if matches!(by, By::Caller(theirs) if theirs != loan) {
            return false;
        }
        *state = CancelState::Cancelled { loan, by };
        true
    }

    /// Tells the server.
    pub(super) fn send(&self) -> Result<()> {
        blocking(|| (self.tell)())
    }

    /// Who has cancelled something, if anybody has.
    pub(super) fn by(&self) -> Option<By> {
        match *self.state() {
            CancelState::Cancelled { by, .. } => Some(by),
            CancelState::Lent(_) | CancelState::Closed => None,
        }
    }

    /// Ends the loan. Returns whether there may be another.
    pub(super) fn end_loan(&self) -> bool {
        let mut state = self.state();
        match &mut *state {
            CancelState::Lent(loan) => {
                *loan += 1;
                true
            }
            CancelState::Cancelled { .. } | CancelState::Closed => false,
        }
    }

    /// Notes that the connection is being closed.
    pub(super) fn close(&self) {
        *self.state() = CancelState::Closed;
    }
}

impl fmt::Debug for Cancels {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Cancels").field(&*self.state()).finish()
    }
}
