use std::fmt;

use postgres::{Client, Config, NoTls};

use super::host::Host;
use super::session::{parse, with_database, with_session};
use super::{ServerError, server};
use crate::exec::blocking;

/// A database of its own for one test. Dropping it drops the database, even if somebody is still connected.
///
/// ```no_run
/// use tenantry::testing::TestDb;
///
/// // In a test:
/// let test = TestDb::new();
/// let db = tenantry::Database::connect(test.url())?;
/// // The driver's own connection looks at what was sent.
/// let tables = test.connect().query("SELECT FROM pg_tables WHERE schemaname = 'shared'", &[]);
/// # drop((db, tables));
/// # Ok::<(), tenantry::Error>(())
/// ```
pub struct TestDb {
    name: String,
    url: String,
    config: Config,
    /// How to reach the server without being connected to the database.
    maintenance: Config,
    kept: bool,
}

impl TestDb {
    /// Makes an empty database on [`server`].
    ///
    /// # Panics
    ///
    /// If there is no server, or it refuses.
    #[expect(
        clippy::new_without_default,
        reason = "a default value that costs a database would surprise"
    )]
    pub fn new() -> Self {
        server()
            .database()
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// Makes a copy of a prepared database on [`server`].
    ///
    /// The first call under a name in this process makes an empty database and lets `prepare` fill it through the URL
    /// that it is given; later calls only copy that database, which takes some 20 ms. Calls from many threads at once
    /// prepare once.
    ///
    /// # Panics
    ///
    /// If there is no server, or it refuses, or `prepare` panics.
    pub fn from_template(name: &str, prepare: impl FnOnce(&str)) -> Self {
        server()
            .database_from(name, prepare)
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// Returns the name of the database.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Returns the URL of the database. A directory of sockets is percent-encoded in it, as drivers and `psql` take it.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Returns how to connect to the database.
    pub fn config(&self) -> Config {
        self.config.clone()
    }

    /// Connects to the database with the blocking driver.
    ///
    /// In an asynchronous test, what is done with the connection belongs into [`blocking`](crate::exec::blocking), and so
    /// does dropping it: the driver panics on a thread of a runtime.
    ///
    /// # Panics
    ///
    /// If the server refuses.
    pub fn connect(&self) -> Client {
        blocking(|| self.config.connect(NoTls))
            .unwrap_or_else(|error| panic!("can't connect to `{}`: {error}", self.name))
    }

    /// Makes an empty database, or a copy of `template`.
    pub(super) fn create(host: &Host, template: Option<&str>) -> Result<Self, ServerError> {
        let name = host.next_name();
        let url =
            with_database(host.url(), &name).ok_or(ServerError::InvalidUrl { source: None })?;
        let config = parse(&url)?;
        let maintenance = host.config();
        // Nobody can be connected to `template0`, and it alone can be copied under another locale.
        let template = template.map_or_else(
            || "template0 ENCODING 'UTF8' LOCALE 'C' LOCALE_PROVIDER libc".to_owned(),
            |template| format!("\"{template}\""),
        );
        let sql = format!("CREATE DATABASE \"{name}\" TEMPLATE {template} STRATEGY wal_log");
        with_session(&maintenance, |client| client.batch_execute(&sql)).map_err(|source| {
            ServerError::CreateDatabase {
                name: name.clone(),
                source,
            }
        })?;
        Ok(Self {
            name,
            url,
            config,
            maintenance,
            kept: false,
        })
    }

    /// Gives the database up without dropping it.
    pub(super) fn keep(mut self) -> String {
        self.kept = true;
        self.name.clone()
    }
}

impl Drop for TestDb {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        let sql = format!("DROP DATABASE IF EXISTS \"{}\" WITH (FORCE)", self.name);
        // A failure must not turn a failing test into an abort. A throw-away server may be gone already; on an existing
        // one, the next process sweeps what is left.
        let _ = with_session(&self.maintenance, |client| client.batch_execute(&sql));
    }
}

/// The URL and the configuration can hold a password.
impl fmt::Debug for TestDb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestDb")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}
