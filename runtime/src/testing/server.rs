use std::env::{self, VarError};
use std::fmt;
use std::fs;
#[cfg(unix)]
use std::path::Path;
use std::path::PathBuf;

use postgres::Config;

use super::binaries::BinaryPlaces;
#[cfg(unix)]
use super::cluster::Cluster;
use super::guard::ServerGuard;
use super::host::Host;
use super::template::DatabaseTemplates;
use super::{ServerError, TestDb};

/// A PostgreSQL server for development and tests.
///
/// Dropping a server that was started stops it and deletes its files. The same happens when the process ends without
/// dropping it, by a panic, a signal or `kill -9`.
pub struct Server {
    host: Host,
    templates: DatabaseTemplates,
    /// Dropped before the server is stopped.
    _guard: ServerGuard,
    #[cfg(unix)]
    cluster: Option<Cluster>,
}

/// Starts a throw-away [`Server`] with settings of its own. Made by [`Server::builder`].
///
/// ```no_run
/// use tenantry::testing::Server;
///
/// let server = Server::builder().setting("log_statement", "all").setting("max_connections", "20").start()?;
/// let test = server.database()?;
/// # drop(test);
/// # Ok::<(), tenantry::testing::ServerError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Builder {
    settings: Vec<(String, String)>,
}

impl Server {
    /// Finds or starts a server: the one that `DATABASE_URL` names, or else a throw-away one from installed binaries, or
    /// else, with the feature `download`, a throw-away one from binaries in the cache or from fetched ones.
    ///
    /// Binaries are looked for in the directory that `TENANTRY_PG_BIN` names, in `PATH`, where `pg_config` says, and
    /// where the packages of Debian, Red Hat and Homebrew put them. The databases made on it compare text byte by byte
    /// (locale `C`), so that tests see the same order everywhere.
    ///
    /// # Errors
    ///
    /// If there is no server to be had, with what was looked at and what to do; if the one found is older than
    /// PostgreSQL 15; if `DATABASE_URL` is set but of no use, for then nothing else is tried.
    pub fn start() -> Result<Self, ServerError> {
        match env::var("DATABASE_URL") {
            Ok(url) if !url.is_empty() => Self::attach("`DATABASE_URL`", &url),
            Err(VarError::NotUnicode(_)) => Err(ServerError::InvalidUrl { source: None }),
            _ => Self::builder().start().map_err(|error| match error {
                ServerError::NoServer { mut looked } => {
                    looked.insert(0, "`DATABASE_URL`: not set".to_owned());
                    ServerError::NoServer { looked }
                }
                other => other,
            }),
        }
    }

    /// Returns a builder for a throw-away server with settings of its own.
    pub fn builder() -> Builder {
        Builder::default()
    }

    /// Returns the URL of the maintenance database, for programs and drivers.
    pub fn url(&self) -> &str {
        self.host.url()
    }

    /// Returns how to connect to the maintenance database.
    pub fn config(&self) -> Config {
        self.host.config()
    }

    /// Returns the file that a throw-away server logs to, or `None` for an existing server.
    pub fn log_path(&self) -> Option<PathBuf> {
        #[cfg(unix)]
        return self.cluster.as_ref().map(Cluster::log_path);
        #[cfg(not(unix))]
        return None;
    }

    /// Returns what a throw-away server has logged so far, or `None` for an existing server.
    pub fn log(&self) -> Option<String> {
        let log = fs::read(self.log_path()?).ok()?;
        Some(String::from_utf8_lossy(&log).into_owned())
    }

    /// Makes an empty database on this server.
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub fn database(&self) -> Result<TestDb, ServerError> {
        TestDb::create(&self.host, None)
    }

    /// Makes a copy of the database that `prepare` made. See [`TestDb::from_template`].
    ///
    /// # Errors
    ///
    /// If the server refuses.
    pub fn database_from(
        &self,
        template: &str,
        prepare: impl FnOnce(&str),
    ) -> Result<TestDb, ServerError> {
        let template = self.templates.get(&self.host, template, prepare)?;
        TestDb::create(&self.host, Some(&template))
    }

    /// Takes a server that runs, and stays known to it.
    fn attach(place: &'static str, url: &str) -> Result<Self, ServerError> {
        let host = Host::new(url)?;
        let guard = ServerGuard::open(place, host.config(), host.key())?;
        Ok(Self {
            host,
            templates: DatabaseTemplates::default(),
            _guard: guard,
            #[cfg(unix)]
            cluster: None,
        })
    }
}

impl Builder {
    /// Sets a configuration parameter of the server, such as `log_statement` to `all`.
    pub fn setting(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.settings.push((name.into(), value.into()));
        self
    }

    /// Starts a throw-away server from installed or fetched binaries. `DATABASE_URL` is not used, because the settings of an
    /// existing server are not ours to change.
    ///
    /// # Errors
    ///
    /// If there are no binaries of PostgreSQL 15 or later, or the server does not start, with the end of its log.
    #[cfg(unix)]
    pub fn start(&self) -> Result<Server, ServerError> {
        let binaries = binaries()?;
        let start = |binaries| Cluster::start(binaries, &self.settings);
        let cluster = match start(&binaries) {
            Err(error @ (ServerError::Initdb { .. } | ServerError::Start { .. })) => {
                start(&others(&binaries, error)?)?
            }
            started => started?,
        };
        let server = Server::attach("the throw-away cluster", &cluster.url())?;
        Ok(Server {
            cluster: Some(cluster),
            ..server
        })
    }

    /// Fails: throw-away servers are started on Unix only.
    ///
    /// # Errors
    ///
    /// Always, saying to set `DATABASE_URL`.
    #[cfg(not(unix))]
    pub fn start(&self) -> Result<Server, ServerError> {
        Err(ServerError::Unsupported)
    }
}

#[cfg(all(unix, not(feature = "download")))]
fn binaries() -> Result<PathBuf, ServerError> {
    BinaryPlaces::of_this_system().find()
}

/// A directory that the environment names is not passed over, even if it holds nothing.
#[cfg(all(unix, feature = "download"))]
fn binaries() -> Result<PathBuf, ServerError> {
    let places = BinaryPlaces::of_this_system();
    places.find().or_else(|error| match error {
        error if places.are_named() => Err(error),
        ServerError::NoServer { looked } => super::download::binaries(looked),
        ServerError::TooOld { place, version } => {
            super::download::binaries(vec![format!("{place}: too old, {version}")])
        }
        other => Err(other),
    })
}

/// Returns programs in the place of those that could not start a server, or the error.
#[cfg(all(unix, not(feature = "download")))]
fn others(_: &Path, error: ServerError) -> Result<PathBuf, ServerError> {
    Err(error)
}

/// Returns programs in the place of those that could not start a server, if they were fetched and have changed since, or
/// the error.
#[cfg(all(unix, feature = "download"))]
fn others(binaries: &Path, error: ServerError) -> Result<PathBuf, ServerError> {
    super::download::repaired(binaries)?.ok_or(error)
}

/// The URL and the configuration can hold a password.
impl fmt::Debug for Server {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Server")
            .field("key", &self.host.key())
            .finish_non_exhaustive()
    }
}
