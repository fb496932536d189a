//! Servers, and processes of servers, that are stopped: whoever waits for them is told so in time, and others wait on.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test panics where something fails")]

mod calls;
mod runs;

use std::time::Duration;

use postgres::{Config, NoTls};
use tenantry::Database;
use tenantry::scope::Options;

/// How long opening a connection may take in these tests, by which it is decided how long a server may be silent.
const CONNECT: Duration = Duration::from_millis(700);

/// Longer than anything here takes that ends.
const LONG: Duration = Duration::from_secs(90);

fn open(config: &Config) -> Database {
    let mut options = Options::default();
    options.connect_timeout = CONNECT;
    Database::connect_with(config, NoTls, options).unwrap()
}
