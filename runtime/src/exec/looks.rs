//! A connection for looks, which a background thread has for itself.

use std::time::{Duration, Instant};

use postgres::Client;

use super::closing::Guest;
use super::connect::OpenedClient;
use super::silence::Silence;
use crate::error::Result;

/// A connection over which something is looked up now and then. A look takes no longer than opening a connection may.
pub(crate) struct Looks {
    client: Client,
    silence: Silence,
    limit: Duration,
    since: Instant,
    /// Counts it as one of its pool's, until it is closed.
    _guest: Guest,
}

impl Looks {
    pub(super) fn new(opened: OpenedClient, limit: Duration, guest: Guest) -> Self {
        Self {
            client: opened.client,
            silence: opened.silence,
            limit,
            since: Instant::now(),
            _guest: guest,
        }
    }

    /// Whether it has been open for so long, so that another server under the same name is to be looked for.
    pub(crate) fn is_older_than(&self, lifetime: Duration) -> bool {
        self.since.elapsed() >= lifetime
    }

    /// Looks something up.
    pub(crate) fn ask<T>(&mut self, look: impl FnOnce(&mut Client) -> Result<T>) -> Result<T> {
        // The clock would count the time since the last look, too: the server has nothing to say in between.
        self.silence.allow(Some(self.limit));
        let outcome = look(&mut self.client);
        self.silence.allow(None);
        outcome
    }
}

impl Drop for Looks {
    fn drop(&mut self) {
        self.silence.allow(Some(self.limit));
    }
}
