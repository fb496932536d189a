//! What the commands work on: the models, the folder of the migrations, the database.

use std::path::{Path, PathBuf};

use postgres::{Client, NoTls};

use super::args::Global;
use crate::config::Config;
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::{Chain, Migrator, changes};
use crate::model::{ModelDef, Schema};
use crate::name::SchemaName;
use crate::scope::server_name;
use crate::structure::Op;

/// An application's models, migrations and database.
#[derive(Debug)]
pub(super) struct Project {
    schema: &'static Schema,
    database_url: Option<String>,
    migrations: PathBuf,
    config: Option<PathBuf>,
    shared_schema: SchemaName,
}

impl Project {
    pub(super) fn new(schema: &'static Schema, global: Global) -> Self {
        let Global {
            database_url,
            migrations,
            config,
            shared_schema,
        } = global;
        Self {
            schema,
            // An empty variable is how a shell unsets one for a single command.
            database_url: database_url.filter(|url| !url.is_empty()),
            migrations,
            config,
            shared_schema,
        }
    }

    /// The list of the models.
    pub(super) fn schema(&self) -> &'static Schema {
        self.schema
    }

    /// The models.
    ///
    /// # Errors
    ///
    /// When the models don't fit together; the error has all that is wrong.
    pub(super) fn models(&self) -> Result<Vec<&'static ModelDef>> {
        self.schema.models().map_err(|error| {
            // Each violation says what to do itself.
            Error::new(ErrorKind::Models, error.to_string())
        })
    }

    /// What the models have changed since the last migration.
    ///
    /// # Errors
    ///
    /// When the models don't fit together, or `state.json` can't be read.
    pub(super) fn changes(&self, chain: &Chain) -> Result<Vec<Op>> {
        changes(&self.models()?, chain)
    }

    /// The folder of the migrations.
    pub(super) fn migrations(&self) -> &Path {
        &self.migrations
    }

    /// What `tenantry.toml` says, or the file that is named in its place.
    pub(super) fn config(&self) -> Result<Config> {
        match &self.config {
            Some(path) => Config::open(path),
            None => Config::open_or_default(Config::FILE),
        }
    }

    /// The chain of migrations on disk.
    pub(super) fn chain(&self) -> Result<Chain> {
        Chain::open(&self.migrations)
    }

    /// The chain of migrations on disk, which may still have to be begun.
    pub(super) fn chain_or_empty(&self) -> Result<Chain> {
        Chain::open_or_empty(&self.migrations)
    }

    /// What migrates the database along a chain.
    pub(super) fn migrator(&self, chain: Chain) -> Migrator {
        Migrator::new(chain, self.shared_schema.clone())
    }

    /// The name of the shared schema.
    pub(super) fn shared_schema(&self) -> &SchemaName {
        &self.shared_schema
    }

    /// Whether a database is given.
    pub(super) fn has_database(&self) -> bool {
        self.database_url.is_some()
    }

    /// Connects to the database.
    pub(super) fn connect(&self) -> Result<Client> {
        connect(self.database_url.as_deref())
    }

    /// What opens more connections to the database.
    pub(super) fn connector(&self) -> impl Fn() -> Result<Client> + Send + Sync + 'static {
        let url = self.database_url.clone();
        move || connect(url.as_deref())
    }
}

fn connect(url: Option<&str>) -> Result<Client> {
    let Some(url) = url else {
        return Err(Error::new(
            ErrorKind::Configuration,
            "no database is given\n\
             help: set `DATABASE_URL`, or add `--database-url postgres://user:password@host:5432/database`",
        ));
    };
    // The driver's error names what it can't read, never a value: no password gets out.
    let mut config: postgres::Config = url.parse().map_err(|error: postgres::Error| {
        Error::new(
            ErrorKind::Configuration,
            format!(
                "the address of the database is not valid: {}\n\
                 help: write it as `postgres://user:password@host:5432/database`",
                Error::from(error)
            ),
        )
    })?;
    if config.get_application_name().is_none() {
        config.application_name("tenantry manage");
    }
    config.connect(NoTls).map_err(|error| {
        let why = why_not(error);
        let message = format!("can't connect to `{}`: {why}", server_name(&config));
        Error::new(ErrorKind::Connection, message)
    })
}

/// The server's own words, if it is there to say any.
fn why_not(error: postgres::Error) -> String {
    // The driver says only that it could not connect; why is in the cause.
    match std::error::Error::source(&error) {
        Some(cause) if error.as_db_error().is_none() => {
            format!("{cause}\nhelp: is the server running, and is the address right?")
        }
        _ => Error::from(error).to_string(),
    }
}
