//! A thread that keeps standbys ready.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use super::Database;
use crate::error::Error;
use crate::tenant;

/// How long to wait at the most before looking how many standbys are left: other processes claim some too.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Keeps standbys ready until it is dropped. Made by [`Tenants::keep_standbys`](super::Tenants::keep_standbys).
///
/// It looks after each tenant that is created through the same [`Database`], and every few seconds. To drop it waits for the
/// statement that it is at, and for no lock longer than [`Options::lock_timeout`](super::Options::lock_timeout).
#[derive(Debug)]
pub struct StandbyKeeper {
    database: Database,
    state: Arc<State>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug, Default)]
struct State {
    stopped: Arc<AtomicBool>,
    error: Mutex<Option<Error>>,
}

impl StandbyKeeper {
    pub(super) fn start(database: Database, count: usize) -> Self {
        let state = Arc::new(State::default());
        let (kept, theirs) = (database.clone(), Arc::clone(&state));
        let thread = thread::spawn(move || keep(&kept, count, &theirs));
        Self {
            database,
            state,
            thread: Some(thread),
        }
    }

    /// Takes the error that kept it from making standbys the last time it tried, if there was one. It goes on trying.
    pub fn take_error(&self) -> Option<Error> {
        let mut error = self
            .state
            .error
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        error.take()
    }
}

impl Drop for StandbyKeeper {
    fn drop(&mut self) {
        self.state.stopped.store(true, Ordering::Relaxed);
        self.database.creation.wake();
        if let Some(thread) = self.thread.take() {
            // It has nothing to tell but what it has told already.
            let _ = thread.join();
        }
    }
}

fn keep(database: &Database, count: usize, state: &State) {
    let waits = database.creation.waits().until(Arc::clone(&state.stopped));
    while !state.stopped.load(Ordering::Relaxed) {
        let before = database.creation.created();
        let outcome = database.control_fleet(|client| tenant::refill_within(client, count, &waits));
        if let Err(error) = &outcome {
            tracing::warn!(%error, "standbys can't be made");
        }
        *state.error.lock().unwrap_or_else(PoisonError::into_inner) = outcome.err();
        if !state.stopped.load(Ordering::Relaxed) {
            database.creation.wait(before, LOOK_EVERY, &state.stopped);
        }
    }
}
