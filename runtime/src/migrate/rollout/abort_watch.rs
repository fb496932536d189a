//! The watch beside a long query of a run, which has the server cancel the query when the run is aborted meanwhile.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use postgres::Client;
use postgres::types::Type;

use super::control::{LOOK_EVERY, aborts};
use crate::error::Result;
use crate::exec::caught;

/// How long the end of the query waits for a cancellation that is on its way, so that it meets nothing that comes after it.
const ON_ITS_WAY: Duration = Duration::from_secs(2);

/// A watch that goes on until the query has ended.
#[derive(Debug)]
pub(crate) struct AbortWatch(Arc<WatchedQuery>);

#[derive(Debug, Default)]
struct WatchedQuery {
    state: Mutex<WatchState>,
    changed: Condvar,
}

/// | state | the run is aborted | the cancellation is sent | the query ends |
/// |---|---|---|---|
/// | `Asks` | `Cancels` | | `Over` |
/// | `Cancels` | | `Over` | `Over`, after a wait for the cancellation |
/// | `Over` | stays | stays | stays |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum WatchState {
    #[default]
    Asks,
    Cancels,
    Over,
}

impl AbortWatch {
    /// Begins to watch over the session of that number, which is cancelled when runs were aborted more often than so often. A short query
    /// is over before a connection is opened.
    pub(crate) fn begin(
        pid: i32,
        known: i64,
        connect: impl FnOnce() -> Result<Client> + Send + 'static,
    ) -> Self {
        let watched = Arc::new(WatchedQuery::default());
        let theirs = Arc::clone(&watched);
        let watch = move || {
            if let Err(error) = caught(|| theirs.watch(pid, known, connect)) {
                tracing::warn!(%error, "nobody looks whether the run is aborted while it asks about health");
            }
            theirs.set(WatchState::Over);
        };
        let thread = thread::Builder::new().name("tenantry-health".to_owned());
        if let Err(error) = thread.spawn(watch) {
            tracing::warn!(%error, "there is no thread to look whether the run is aborted while it asks about health");
        }
        Self(watched)
    }
}

impl Drop for AbortWatch {
    fn drop(&mut self) {
        let state = self.0.state();
        let cancels = |state: &mut WatchState| *state == WatchState::Cancels;
        let waited = self
            .0
            .changed
            .wait_timeout_while(state, ON_ITS_WAY, cancels);
        drop(waited);
        self.0.set(WatchState::Over);
    }
}

impl WatchedQuery {
    fn watch(&self, pid: i32, known: i64, connect: impl FnOnce() -> Result<Client>) -> Result<()> {
        if self.is_over_soon() {
            return Ok(());
        }
        let mut client = connect()?;
        while !is_aborted(&mut client, known)? {
            if self.is_over_soon() {
                return Ok(());
            }
        }
        if self.cancels() {
            tracing::info!(pid, "the run is aborted: its health query is cancelled");
            let cancel = "SELECT pg_catalog.pg_cancel_backend($1)";
            client.query_typed(cancel, &[(&pid, Type::INT4)])?;
        }
        Ok(())
    }

    /// Waits until the next look, and tells whether the query has ended.
    fn is_over_soon(&self) -> bool {
        let asks = |state: &mut WatchState| *state == WatchState::Asks;
        let waited = self
            .changed
            .wait_timeout_while(self.state(), LOOK_EVERY, asks);
        let (state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *state != WatchState::Asks
    }

    /// Notes that the query is to be cancelled. Gives `false` if it has ended.
    fn cancels(&self) -> bool {
        let mut state = self.state();
        let asks = *state == WatchState::Asks;
        if asks {
            *state = WatchState::Cancels;
        }
        asks
    }

    fn set(&self, state: WatchState) {
        *self.state() = state;
        self.changed.notify_all();
    }

    fn state(&self) -> MutexGuard<'_, WatchState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells whether runs were aborted more often than so often. Whoever has locked the table is waited for as long as a look may take.
fn is_aborted(client: &mut Client, known: i64) -> Result<bool> {
    let mut tx = client.build_transaction().read_only(true).start()?;
    tx.batch_execute("SET LOCAL statement_timeout = '30s'")?;
    let aborts = aborts(&mut tx)?;
    tx.rollback()?;
    Ok(aborts > known)
}
