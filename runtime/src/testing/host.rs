//! Where databases are made.

use std::sync::atomic::{AtomicU32, Ordering};

use postgres::Config;

use super::ServerError;
use super::session::parse;
use crate::random::random;

/// How a server is reached, and the names of the databases that this process makes there.
pub(super) struct Host {
    url: String,
    config: Config,
    /// Beginning of the names of this process's databases.
    key: String,
    made: AtomicU32,
}

impl Host {
    pub(super) fn new(url: &str) -> Result<Self, ServerError> {
        Ok(Self {
            url: url.to_owned(),
            config: parse(url)?,
            key: new_key(),
            made: AtomicU32::new(0),
        })
    }

    /// The URL of the maintenance database.
    pub(super) fn url(&self) -> &str {
        &self.url
    }

    /// How to connect to the maintenance database.
    pub(super) fn config(&self) -> Config {
        self.config.clone()
    }

    pub(super) fn key(&self) -> &str {
        &self.key
    }

    /// Names the next database, unlike any other on this server.
    pub(super) fn next_name(&self) -> String {
        format!("{}_{}", self.key, self.made.fetch_add(1, Ordering::Relaxed))
    }
}

/// The sweep of stale databases relies on this form: 14 bytes, then 16 digits.
fn new_key() -> String {
    format!("tenantry_test_{:016x}", random())
}
