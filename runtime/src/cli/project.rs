//! The models, the folder of the migrations and the database that the commands work on.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use postgres::Client;
use postgres::error::SqlState;

use super::args::Global;
use super::folder::Folders;
use super::output::{count, some_of};
use crate::across::RollupPlan;
use crate::address::Address;
use crate::bookkeeping;
use crate::config::Config as Settings;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Connector, open_for_long};
use crate::migrate::{Chain, Functions, MANIFEST, Migrator, Status, changes};
use crate::model::{ModelDef, Schema};
use crate::name::SchemaName;
use crate::scope::{Database, Options};
use crate::structure::Op;
use crate::tenant::{Needs, is_of_lock, name_holder};

/// How to open connections to an address: with the application's TLS connector, if it has one.
pub(super) type Opener = Arc<dyn Fn(&Address) -> Result<Connector> + Send + Sync>;

/// How to open a database as applications use it, alike.
pub(super) type DatabaseOpener = Arc<dyn Fn(&Address, Options) -> Result<Database> + Send + Sync>;

/// A roll-up, and the name that the application has for it.
pub(super) type NamedRollup = (&'static str, RollupPlan);

/// How to reach the database.
#[derive(Clone)]
pub(super) struct Openers {
    pub(super) client: Opener,
    pub(super) database: DatabaseOpener,
}

/// An application's models, migrations and database.
pub(super) struct Project {
    schema: &'static Schema,
    database_url: Option<String>,
    openers: Openers,
    migrations: PathBuf,
    /// Where the migrations were looked for, unless their folder is named.
    folders: Option<Folders>,
    config: Option<PathBuf>,
    shared_schema: SchemaName,
    /// Whether it is named, so that it has to be that of the database in commands that don't need it, too.
    names_shared_schema: bool,
    rollups: Vec<NamedRollup>,
    /// The functions that migrations call.
    functions: Functions,
}

impl Project {
    pub(super) fn new(schema: &'static Schema, global: Global, openers: Openers) -> Self {
        let Global {
            database_url,
            migrations,
            config,
            shared_schema,
            verbose: _,
        } = global;
        let folders = Folders::of_this_process();
        let is_named = migrations.is_some();
        Self {
            schema,
            openers,
            // An empty variable is how a shell unsets one for a single command.
            database_url: database_url.filter(|url| !url.is_empty()),
            migrations: migrations.unwrap_or_else(|| folders.migrations()),
            config: config.or_else(|| folders.find(Settings::FILE)),
            folders: (!is_named).then_some(folders),
            names_shared_schema: shared_schema.is_some(),
            shared_schema: shared_schema.unwrap_or_else(|| Options::default().shared_schema),
            rollups: Vec::new(),
            functions: Functions::new(),
        }
    }

    /// Adds the roll-ups of the application.
    pub(super) fn with_rollups(self, rollups: Vec<NamedRollup>) -> Self {
        Self { rollups, ..self }
    }

    /// The roll-ups of the application.
    pub(super) fn rollups(&self) -> &[NamedRollup] {
        &self.rollups
    }

    /// The same with functions that migrations call.
    pub(super) fn functions(self, functions: Functions) -> Self {
        Self { functions, ..self }
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

    /// Returns the changes of the models since the last migration.
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

    /// Reads `tenantry.toml`, or the file that is named in its place.
    pub(super) fn config(&self) -> Result<Settings> {
        match &self.config {
            Some(path) => Settings::open(path),
            None => Settings::open_or_default(Settings::FILE),
        }
    }

    /// The chain of migrations on disk.
    pub(super) fn chain(&self) -> Result<Chain> {
        self.missing_folder()
            .map_or_else(|| Chain::open(&self.migrations), Err)
    }

    /// The error for a folder of migrations that is not there.
    pub(super) fn missing_folder(&self) -> Option<Error> {
        if self.migrations.is_dir() {
            return None;
        }
        let looked = self.folders.as_ref().map(Folders::looked);
        let looked = looked.map_or_else(String::new, |looked| format!("; looked for {looked}"));
        Some(Error::new(
            ErrorKind::Chain,
            format!(
                "`{}`: there is no such folder{looked}\n\
                 help: run it in the application's folder, or name the folder with `--migrations`; \
                 `makemigrations` makes the first migration, and the folder too",
                self.migrations.display()
            ),
        ))
    }

    /// Refuses to compare a database that was migrated with a folder that is not there, or that has no migrations: it is
    /// another folder that is meant.
    ///
    /// # Errors
    ///
    /// When the folder is not there, or has no migrations.
    pub(super) fn expect_folder(&self, status: &Status) -> Result<()> {
        let is_another = status.migrations.is_empty() && !status.ahead.is_empty();
        match self.missing_folder() {
            Some(error) if status.is_migrated => Err(error),
            None if is_another => Err(self.other_folder(&status.ahead)),
            _ => Ok(()),
        }
    }

    fn other_folder(&self, recorded: &[String]) -> Error {
        let folder = self.migrations.display();
        let help = if self.migrations.join(MANIFEST).is_file() {
            "this is a migration itself: name the folder that it is in with `--migrations`"
        } else {
            "name the folder that has them with `--migrations`"
        };
        let message = format!(
            "`{folder}`: there are no migrations in this folder, and the database has {}: {}\nhelp: {help}",
            count(recorded.len(), "migration"),
            some_of(recorded)
        );
        Error::new(ErrorKind::Chain, message)
    }

    /// The chain of migrations on disk, which may still have to be begun.
    pub(super) fn chain_or_empty(&self) -> Result<Chain> {
        Chain::open_or_empty(&self.migrations)
    }

    /// Returns a migrator along a chain.
    pub(super) fn migrator(&self, chain: Chain) -> Migrator {
        let (url, opener) = (self.database_url.clone(), Arc::clone(&self.openers.client));
        let chain = chain.functions(self.functions.clone());
        Migrator::new(chain, self.shared_schema.clone())
            .connect_by(move || connect(url.as_deref(), &opener))
            .one_way()
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
    ///
    /// # Errors
    ///
    /// When it can't be reached, or another shared schema is named than it has.
    pub(super) fn connect(&self) -> Result<Client> {
        let mut client = connect(self.database_url.as_deref(), &self.openers.client)?;
        if self.names_shared_schema {
            bookkeeping::check_named(&mut client, &self.shared_schema)?;
        }
        Ok(client)
    }

    /// Opens the database as applications use it.
    ///
    /// # Errors
    ///
    /// As [`connect`](Self::connect).
    pub(super) fn open_database(&self, mut options: Options) -> Result<Database> {
        // It says what is wrong with an address, and compares the name of the shared schema.
        drop(self.connect()?);
        options.shared_schema = self.shared_schema.clone();
        (self.openers.database)(&address(self.database_url.as_deref())?, options)
    }

    /// Has an error say what to do, one that comes of damaged metadata tables that they are, and one of a lock who has it.
    pub(super) fn told(&self, error: Error) -> Error {
        let (is_damage, is_of_lock) = (bookkeeping::may_be_damage(&error), is_of_lock(&error));
        if !is_damage && !is_of_lock {
            return with_help(error);
        }
        match connect(self.database_url.as_deref(), &self.openers.client) {
            Ok(mut client) if is_of_lock => told_over(&mut client, error),
            Ok(mut client) => bookkeeping::explain_damage(&mut client, error),
            Err(_) => with_help(error),
        }
    }
}

/// Has an error that does not come of damage say what to do, and one of a lock who has it, as a connection that is there finds out.
pub(super) fn told_over(client: &mut Client, error: Error) -> Error {
    let schema = error.schema().cloned();
    let needs = schema.as_ref().map_or(Needs::Look, Needs::Tables);
    with_help(name_holder(client, error, needs))
}

/// Adds what to do about an error of the server that can come up in every command.
fn with_help(error: Error) -> Error {
    let help = match error.kind() {
        _ if is_of_lock(&error) => "others are in the way: try again later",
        ErrorKind::Permission => {
            "use the role that owns the schema `tenantry`, or have it grant what this role lacks"
        }
        ErrorKind::Deadlock | ErrorKind::Serialization => "others are in the way: try again later",
        ErrorKind::Connection => "look whether the server is there, and run it again",
        ErrorKind::Resources => {
            "look into the server's log: it lacks memory, disk, locks or connections"
        }
        _ => return error,
    };
    error.help(help)
}

fn address(url: Option<&str>) -> Result<Address> {
    let Some(url) = url else {
        return Err(Error::new(
            ErrorKind::Configuration,
            "no database is given\n\
             help: set `DATABASE_URL`, or add `--database-url postgres://user:password@host:5432/database`",
        ));
    };
    let mut address = Address::new(url)?;
    if address.config().get_application_name().is_none() {
        address.config_mut().application_name("tenantry manage");
    }
    Ok(address)
}

fn connect(url: Option<&str>, opener: &Opener) -> Result<Client> {
    let address = address(url)?;
    with_lock_timeout(&address, opener).map_err(|error| {
        let message = format!("can't connect to `{address}`: {}", why_not(&error));
        let kind = error.kind();
        let told = match kind {
            ErrorKind::Tls | ErrorKind::Configuration => error.retold(kind, message),
            _ => Error::new(ErrorKind::Connection, message),
        };
        address.explain(told)
    })
}

/// How long a command waits for a lock where nothing else is said. Migrations and changes of the registry have limits of
/// their own; this is for what only reads.
const LOCK_TIMEOUT: &str = "-c lock_timeout=30s";

/// Connects with a limit to waiting for locks. An option of the address comes after it, and so counts.
fn with_lock_timeout(address: &Address, opener: &Opener) -> Result<Client> {
    let open = |address: &Address| open_for_long(&Arc::new(opener(address)?));
    let options = address.config().get_options().unwrap_or_default();
    let limits = format!("{LOCK_TIMEOUT} {options}");
    let mut limited = address.clone();
    limited.config_mut().options(limits.trim_end());
    match open(&limited) {
        // A pooler knows no such options.
        Err(error) if error.sqlstate() == Some(SqlState::PROTOCOL_VIOLATION.code()) => {
            open(address)
        }
        connected => connected,
    }
}

/// The server's own words, if it is there to say any.
fn why_not(error: &Error) -> String {
    if error.message().contains("\nhelp: ") {
        return error.message().to_owned();
    }
    let driver = std::error::Error::source(error);
    let driver = driver.and_then(|driver| driver.downcast_ref::<postgres::Error>());
    // The driver says only that it could not connect; why is in the cause.
    match driver.and_then(std::error::Error::source) {
        Some(cause) if error.sqlstate().is_none() => {
            format!("{cause}\nhelp: is the server running, and is the address right?")
        }
        _ => {
            format!("{error}\nhelp: look at the user, the password and the database in the address")
        }
    }
}
