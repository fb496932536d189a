//! The connections of a [`Database`](crate::Database): kept, lent and retired.
//!
//! A pool belongs to a server, never to a tenant. It is our own because of the one rule that ready pools don't have:
//! a backend keeps some 16 KiB for each table that it has touched until it is closed, so a connection is retired once
//! it has served a bounded number of distinct tenants.

use std::collections::HashSet;
use std::fmt;
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use postgres::Client;

use super::{Connector, PgConnection};
use crate::error::{Error, ErrorKind, Result};

#[derive(Debug, Clone, Copy)]
pub(crate) struct PoolOptions {
    pub(crate) max_connections: usize,
    pub(crate) max_tenants_per_connection: usize,
    pub(crate) wait: Duration,
    pub(crate) statement_timeout: Option<Duration>,
    pub(crate) idle_timeout: Duration,
}

pub(crate) struct Pool {
    connector: Arc<Connector>,
    options: PoolOptions,
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Idle>,
    open: usize,
}

/// A connection that waits for its next loan.
struct Idle {
    connection: PgConnection,
    tenants: HashSet<i64>,
    since: Instant,
}

/// How long a connection may lie idle before it is tried out on its next loan: firewalls forget idle connections without
/// a word to either side. One that was closed is noticed anyway, see `exec/pooled.rs`.
const TRUSTED_IDLE: Duration = Duration::from_secs(10);

/// A connection that counts as open, until it is known what became of it.
struct Slot<'p>(&'p Pool);

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.forget();
    }
}

impl Pool {
    pub(crate) fn new(connector: Connector, options: PoolOptions) -> Arc<Self> {
        Arc::new(Self {
            connector: Arc::new(connector),
            options,
            state: Mutex::default(),
            returned: Condvar::new(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is consistent between any two statements below, so a panic elsewhere does not harm it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes a connection out, and the tenants that it has served, if it is not new: an idle one, or a new one, or, at the limit,
    /// the first that comes back.
    pub(super) fn take(&self) -> Result<(PgConnection, Option<HashSet<i64>>)> {
        let deadline = Instant::now() + self.options.wait;
        let mut state = self.state();
        loop {
            if let Some(idle) = state.idle.pop() {
                drop(state);
                if let Some((connection, served)) = self.of_use(idle) {
                    return Ok((connection, Some(served)));
                }
                state = self.state();
            } else if state.open < self.options.max_connections {
                state.open += 1;
                drop(state);
                // A panic in a connector is an end, too.
                let slot = Slot(self);
                let connection = self.open()?;
                mem::forget(slot);
                return Ok((connection, None));
            } else {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Err(Error::new(
                        ErrorKind::Resources,
                        format!(
                            "all {} connections of the pool were in use for {:?}\nhelp: drop scopes as soon as they are \
                             done, or raise `max_connections`",
                            self.options.max_connections, self.options.wait
                        ),
                    ));
                }
                state = self
                    .returned
                    .wait_timeout(state, left)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0;
            }
        }
    }

    /// Returns an idle connection, if it is still of use, and the tenants that it has served.
    fn of_use(&self, idle: Idle) -> Option<(PgConnection, HashSet<i64>)> {
        let slot = Slot(self);
        let Idle {
            mut connection,
            tenants,
            since,
        } = idle;
        let age = since.elapsed();
        if age >= self.options.idle_timeout {
            return None;
        }
        if !connection.is_reusable() || (age >= TRUSTED_IDLE && !connection.is_alive()) {
            self.clear();
            return None;
        }
        mem::forget(slot);
        Some((connection, tenants))
    }

    /// Opens a connection that is not one of the pool.
    pub(crate) fn connect(&self) -> Result<Client> {
        Ok(self.connector.open()?.0)
    }

    /// How long opening a connection takes at the most.
    pub(crate) fn connect_limit(&self) -> Duration {
        self.connector.limit()
    }

    pub(super) fn open(&self) -> Result<PgConnection> {
        let opened = self.connector.open()?;
        let limit = self.options.statement_timeout;
        Ok(PgConnection::opened(opened, &self.connector, limit))
    }

    /// Closes all idle connections, because one was found dead: what has ended it has ended those that are as old, too.
    pub(super) fn clear(&self) {
        let dead = mem::take(&mut self.state().idle);
        for idle in dead {
            drop(idle);
            self.forget();
        }
    }

    /// Notes that a connection is gone.
    pub(super) fn forget(&self) {
        self.state().open -= 1;
        self.returned.notify_one();
    }

    /// Takes a connection back.
    pub(super) fn put_back(&self, mut connection: PgConnection, tenants: HashSet<i64>) {
        let slot = Slot(self);
        if connection.settle() && tenants.len() < self.options.max_tenants_per_connection {
            mem::forget(slot);
            self.keep(Idle {
                connection,
                tenants,
                since: Instant::now(),
            });
        } else if connection.is_broken() {
            self.clear();
        }
    }

    fn keep(&self, idle: Idle) {
        let mut state = self.state();
        state.idle.push(idle);
        let kept = state.idle.len();
        let limit = self.options.idle_timeout;
        // The first have been idle for longest, because the last is lent first.
        let fresh = state
            .idle
            .partition_point(|idle| idle.since.elapsed() >= limit);
        let old: Vec<Idle> = state.idle.drain(..fresh.min(kept - 1)).collect();
        state.open -= old.len();
        drop(state);
        self.returned.notify_one();
        drop(old);
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Pool")
            .field("open", &state.open)
            .field("idle", &state.idle.len())
            .finish_non_exhaustive()
    }
}
