//! Cancels statements that take too long.
//!
//! The server's own `statement_timeout` would have to be set in the session, which a transaction pooler gives to
//! somebody else. So one thread of the process looks at all connections now and then.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use super::cancel::{By, Cancels};
use super::caught::begin;

/// How often it looks.
const EVERY: Duration = Duration::from_millis(100);

/// State of a connection.
pub(super) struct Watched {
    /// When what runs there is to be cancelled.
    due: Mutex<Option<Instant>>,
    cancels: Arc<Cancels>,
}

impl Watched {
    /// Has a connection looked at from now on, for as long as the result lives.
    pub(super) fn new(cancels: Arc<Cancels>) -> Arc<Self> {
        let watched = Arc::new(Self {
            due: Mutex::new(None),
            cancels,
        });
        all().add(Arc::downgrade(&watched), start);
        watched
    }

    /// Notes that a statement begins that may take so long.
    pub(super) fn begin(&self, limit: Duration) {
        *self.due.lock().unwrap_or_else(PoisonError::into_inner) =
            Instant::now().checked_add(limit);
    }

    /// Notes that the statement is over.
    pub(super) fn end(&self) {
        *self.due.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn look(self: &Arc<Self>) {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        if due.is_none_or(|due| due > Instant::now()) {
            return;
        }
        let is_begun = self.cancels.begin(By::Clock);
        let cancels = Arc::clone(&self.cancels);
        let failure = "a statement that takes too long could not be cancelled";
        // Where the system has no thread left, the next look tries again.
        if !is_begun || begin("tenantry-cancel", failure, move || cancels.send()) {
            *due = None;
        }
    }
}

/// All connections that are looked at, and whether there is the thread that does it.
struct AllWatched {
    connections: Vec<Weak<Watched>>,
    has_thread: bool,
}

static ALL: Mutex<AllWatched> = Mutex::new(AllWatched::none());

impl AllWatched {
    const fn none() -> Self {
        Self {
            connections: Vec::new(),
            has_thread: false,
        }
    }

    /// Has a connection looked at. Where the system had no thread left to do it, the next connection tries again.
    fn add(&mut self, watched: Weak<Watched>, start: impl FnOnce() -> bool) {
        self.connections.push(watched);
        self.has_thread = self.has_thread || start();
    }

    fn look(&mut self) {
        self.connections.retain(|watched| {
            watched.upgrade().is_some_and(|watched| {
                watched.look();
                true
            })
        });
    }
}

fn all() -> MutexGuard<'static, AllWatched> {
    ALL.lock().unwrap_or_else(PoisonError::into_inner)
}

fn start() -> bool {
    let thread = thread::Builder::new().name("tenantry-watch".to_owned());
    let started = thread.spawn(|| {
        loop {
            thread::sleep(EVERY);
            all().look();
        }
    });
    if let Err(error) = &started {
        tracing::warn!(%error, "there is no thread to cancel statements with that take too long");
    }
    started.is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_that_could_not_be_started_is_started_with_the_next_connection() {
        let mut all = AllWatched::none();
        let mut tries = 0;
        for is_started in [false, true, true] {
            all.add(Weak::new(), || {
                tries += 1;
                is_started
            });
        }
        assert_eq!((tries, all.connections.len()), (2, 3));
    }
}
