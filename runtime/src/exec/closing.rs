//! The end of a pool: nobody is served any more, and whoever has it closed waits until all connections are.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Waker;

use crate::error::{Error, ErrorKind, Result};

/// Whether a pool is closed, and who waits for the last of its connections.
#[derive(Debug, Default)]
pub(super) struct Closing {
    is_begun: AtomicBool,
    state: Mutex<ClosingState>,
}

#[derive(Debug, Default)]
struct ClosingState {
    /// Connections beside those that are lent: of threads that look something up now and then.
    guests: usize,
    waiting: Vec<Waker>,
}

/// A connection that is none of those that are lent, as long as this lives.
#[derive(Debug)]
pub(super) struct Guest(Arc<Closing>);

impl Drop for Guest {
    fn drop(&mut self) {
        self.0.change(|state| state.guests -= 1);
        self.0.wake();
    }
}

impl Closing {
    /// Whether nobody is served any more.
    pub(super) fn is_begun(&self) -> bool {
        self.is_begun.load(Ordering::Acquire)
    }

    /// Notes that nobody is served from now on.
    pub(super) fn begin(&self) {
        self.is_begun.store(true, Ordering::Release);
    }

    /// Refuses whoever wants a connection of a pool that is closed.
    pub(super) fn check(&self) -> Result<()> {
        if !self.is_begun() {
            return Ok(());
        }
        Err(Error::new(
            ErrorKind::Closed,
            "the database is closed\n\
             help: close it when nothing is left to be done, or connect again",
        ))
    }

    /// Counts a connection that is none of those that are lent.
    pub(super) fn guest(self: &Arc<Self>) -> Guest {
        self.change(|state| state.guests += 1);
        Guest(Arc::clone(self))
    }

    /// Returns how many connections there are that are none of those that are lent, and has this woken when there are fewer of either.
    pub(super) fn guests(&self, waker: &Waker) -> usize {
        self.change(|state| {
            if !state.waiting.iter().any(|it| it.will_wake(waker)) {
                state.waiting.push(waker.clone());
            }
            state.guests
        })
    }

    /// Wakes those who wait for the end.
    pub(super) fn wake(&self) {
        if self.is_begun() {
            let waiting = self.change(|state| std::mem::take(&mut state.waiting));
            waiting.into_iter().for_each(Waker::wake);
        }
    }

    fn change<T>(&self, change: impl FnOnce(&mut ClosingState) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// The error of whoever has waited too long for the end of so many connections.
pub(super) fn still_open(left: usize) -> Error {
    let (are, they) = if left == 1 {
        ("connection is", "It is closed when it comes")
    } else {
        ("connections are", "They are closed when they come")
    };
    Error::new(
        ErrorKind::Resources,
        format!(
            "the database is closed, and {left} {are} still in use. {they} back\n\
             help: end scopes and cancel long statements before, or wait for longer"
        ),
    )
}
