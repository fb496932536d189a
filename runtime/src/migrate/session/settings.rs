//! How a run goes about its work.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use postgres::Client;

use crate::bookkeeping::Waits;
use crate::error::Result;
use crate::migrate::functions::Functions;
use crate::migrate::report::event::Observer;
use crate::migrate::report::phase::Phase;
use crate::migrate::rollout::Rollout;
use crate::migrate::rollout::budget::Budget;
use crate::tenant::Selection;

/// Opens a connection for a worker.
pub(crate) type Connect = dyn Fn() -> Result<Client> + Send + Sync;

/// How a run goes about its work.
#[derive(Clone)]
pub(crate) struct Settings {
    /// Which tenants to migrate.
    pub(crate) selection: Selection,
    /// How many connections work on tenants at a time. One is that of the caller; the others are opened by `connect`.
    pub(crate) workers: usize,
    pub(crate) connect: Option<Arc<Connect>>,
    /// Whether the caller's connection was opened the same way.
    pub(crate) is_one_way: bool,
    /// The last phase whose migrations are applied, if not all are.
    pub(crate) phase: Option<Phase>,
    /// How long a statement waits for a lock before its transaction is put off.
    pub(crate) lock_timeout: Duration,
    /// How long a statement may take; zero for as long as it likes.
    pub(crate) statement_timeout: Duration,
    /// How often a tenant is tried when a lock is not to be had.
    pub(crate) attempts: usize,
    /// How long to wait between two batches of rows.
    pub(crate) batch_pause: Duration,
    /// With how many failed tenants a run goes on; any number, if none is given.
    pub(crate) max_failures: Option<Budget>,
    /// How many tenants are begun in a second at the most, if that matters.
    pub(crate) rate: Option<f64>,
    /// Who comes first.
    pub(crate) rollout: Rollout,
    pub(crate) observer: Observer,
    /// The functions that migrations call.
    pub(crate) functions: Functions,
}

impl Settings {
    /// How long changes of the registry wait for others.
    pub(crate) fn waits(&self) -> Waits {
        match self.lock_timeout {
            // The metadata tables are never waited for as long as it takes.
            Duration::ZERO => Waits::default(),
            // Whoever is to wait longer than others is to keep the place in the line.
            lock if lock > Waits::LOCK => Waits::staying(lock, Waits::TOTAL),
            lock => Waits::new(lock, Waits::TOTAL),
        }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            selection: Selection::all(),
            workers: 1,
            connect: None,
            is_one_way: false,
            phase: None,
            lock_timeout: Duration::from_secs(2),
            statement_timeout: Duration::ZERO,
            attempts: 10,
            batch_pause: Duration::ZERO,
            max_failures: None,
            rate: None,
            rollout: Rollout::default(),
            observer: Observer::default(),
            functions: Functions::default(),
        }
    }
}

impl Settings {
    /// The settings for the group at a place.
    pub(crate) fn of_group(&self, place: usize) -> Self {
        let group = self.rollout.at(place);
        Self {
            workers: group.workers_of(self.workers),
            rate: group.tenants_per_second(),
            ..self.clone()
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("selection", &self.selection)
            .field("workers", &self.workers)
            .field("lock_timeout", &self.lock_timeout)
            .field("statement_timeout", &self.statement_timeout)
            .field("attempts", &self.attempts)
            .field("max_failures", &self.max_failures)
            .field("rollout", &self.rollout)
            .finish_non_exhaustive()
    }
}
