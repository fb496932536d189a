//! State of a pool, in numbers.

use std::time::Duration;

/// State of a database's connections, for a dashboard. Made by [`Database::pool_status`](crate::Database::pool_status).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub struct PoolStatus {
    /// The most connections at a time.
    pub max: usize,
    /// Connections that are open or being opened, in use or idle.
    pub open: usize,
    /// Connections that nobody uses.
    pub idle: usize,
    /// Scopes that wait for a connection now.
    pub waiting: usize,
    /// Connections that were opened since the database was connected. All but those that were renewed had a scope wait.
    pub opened: u64,
    /// Connections that were opened in the background, each in the place of one that is closed then.
    pub renewed: u64,
    /// Scopes that had to wait since the database was connected, and wait no more.
    pub waits: u64,
    /// Those of them that gave up after [`Options::wait`](crate::scope::Options::wait).
    pub gave_up: u64,
    /// Time that all of these have waited.
    pub waited: Duration,
    /// The longest time that one of these has waited.
    pub longest_wait: Duration,
}

impl PoolStatus {
    /// Notes that somebody waits no more.
    pub(super) fn waited(&mut self, time: Duration, is_served: bool) {
        self.waits += 1;
        self.gave_up += u64::from(!is_served);
        self.waited += time;
        self.longest_wait = self.longest_wait.max(time);
    }
}
