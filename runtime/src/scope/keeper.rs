//! A thread that keeps standbys ready.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::Database;
use crate::error::{Error, ErrorKind};
use crate::exec::{CancelToken, caught, in_runtime, no_thread};
use crate::tenant;

/// How long to wait at the most before looking how many standbys are left: other processes claim some too.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// How long what it is at may go on after it was dropped, before it is cancelled, and cancelled again.
const CANCELS_EVERY: Duration = Duration::from_millis(500);

/// How long a drop waits for the end, and how long the end is seen to.
const WAITED_FOR: Duration = Duration::from_secs(5);
const SEEN_TO: Duration = Duration::from_mins(1);

/// Keeps standbys ready until it is dropped. Made by [`Tenants::keep_standbys`](super::Tenants::keep_standbys).
///
/// ```no_run
/// # fn serve(db: &tenantry::Database) {
/// // A sign-up claims one of them, and takes a few milliseconds.
/// let standbys = db.tenants().keep_standbys(10);
/// # let serve_until_the_end = || {};
/// serve_until_the_end();
/// if let Some(error) = standbys.take_error() {
///     eprintln!("no standbys are made: {error}");
/// }
/// # }
/// ```
///
/// It looks after each tenant that is created through the same [`Database`], and every few seconds. To drop it has the
/// statement cancelled that it is at, and waits five seconds at the most for the end of that; a thread of an asynchronous runtime
/// does not wait.
#[derive(Debug)]
pub struct StandbyKeeper {
    database: Database,
    state: Arc<KeeperState>,
    /// Gives nothing, and tells the end of the thread.
    ended: Mutex<Option<Receiver<()>>>,
}

#[derive(Debug, Default)]
struct KeeperState {
    stopped: Arc<AtomicBool>,
    error: Mutex<Option<Error>>,
    /// Cancels what it is at.
    cancels: Mutex<Option<CancelToken>>,
}

impl KeeperState {
    fn is_stopped(&self) -> bool {
        self.stopped.load(Ordering::Relaxed)
    }
}

impl StandbyKeeper {
    pub(super) fn start(database: Database, count: usize) -> Self {
        let state = Arc::new(KeeperState::default());
        let (kept, theirs) = (database.clone(), Arc::clone(&state));
        let (ends, ended) = mpsc::channel::<()>();
        let work = move || {
            keep(&kept, count, &theirs);
            // It is over when its connections are given back.
            drop(kept);
            drop(ends);
        };
        let thread = thread::Builder::new().name("tenantry-standbys".to_owned());
        if let Err(error) = thread.spawn(work) {
            *guard(&state.error) = Some(no_thread("to keep standbys with", error));
        }
        Self {
            database,
            state,
            ended: Mutex::new(Some(ended)),
        }
    }

    /// Takes the error of its last attempt to make standbys, if that failed. It goes on trying, unless the database is
    /// [closed](Database::close).
    pub fn take_error(&self) -> Option<Error> {
        guard(&self.state.error).take()
    }
}

impl Drop for StandbyKeeper {
    fn drop(&mut self) {
        self.state.stopped.store(true, Ordering::Relaxed);
        self.database.creation.wake();
        let (state, ended) = (Arc::clone(&self.state), guard(&self.ended).take());
        let Some(ended) = ended else { return };
        let (tell, told) = mpsc::channel::<()>();
        let see = move || {
            see_to_the_end(&state, &ended);
            drop(tell);
        };
        let thread = thread::Builder::new().name("tenantry-cancel".to_owned());
        // Without a thread it ends with what it is at.
        if thread.spawn(see).is_ok() && !in_runtime() {
            // Whoever drops a database next expects that nobody is connected.
            let _ = told.recv_timeout(WAITED_FOR);
        }
    }
}

/// Cancels what the thread is at, until it has ended.
fn see_to_the_end(state: &KeeperState, ended: &Receiver<()>) {
    let since = Instant::now();
    while ended.recv_timeout(CANCELS_EVERY) == Err(RecvTimeoutError::Timeout)
        && since.elapsed() < SEEN_TO
    {
        let token = guard(&state.cancels).clone();
        // The server forgets what comes before the statement, so it is told again.
        if let Some(Err(error)) = token.map(|token| token.cancel()) {
            tracing::warn!(%error, "what keeps standbys could not be cancelled");
        }
    }
}

fn keep(database: &Database, count: usize, state: &KeeperState) {
    let waits = database.creation.waits().until(Arc::clone(&state.stopped));
    while !state.is_stopped() {
        let before = database.creation.created();
        let outcome = caught(|| {
            database.control_fleet_by(
                |token| *guard(&state.cancels) = Some(token),
                |client| tenant::refill_within(client, count, &waits),
            )
        });
        *guard(&state.cancels) = None;
        if state.is_stopped() {
            return;
        }
        let is_closed = matches!(&outcome, Err(error) if error.kind() == ErrorKind::Closed);
        if let Err(error) = &outcome {
            tracing::warn!(%error, "standbys can't be made");
        }
        *guard(&state.error) = outcome.err();
        if is_closed {
            return;
        }
        database.creation.wait(before, LOOK_EVERY, &state.stopped);
    }
}

fn guard<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
