//! The chain: the ordered list of migrations, shared and tenant together.

#[cfg(feature = "cli")]
pub(super) mod advice;
pub(super) mod assemble;
mod called;
pub(super) mod checksum;
pub(super) mod files;
pub(super) mod lint;
#[cfg(feature = "cli")]
pub(super) mod look_up;
pub(super) mod manifest;
pub(super) mod migration;
pub(super) mod provision;

use std::path::{Path, PathBuf};

pub use self::migration::{Migration, Part};

use self::assemble::assemble;
use self::files::{BASELINE, Files, fault};
use self::manifest::Replaced;
use self::provision::{Provision, provision};
use crate::alike::most_alike_migration;
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::functions::Functions;

/// The ordered list of migrations, shared and tenant together.
#[derive(Debug, Clone, Default)]
pub struct Chain {
    folder: Option<PathBuf>,
    migrations: Vec<Migration>,
    state: Option<String>,
    provision: Provision,
    functions: Functions,
}

impl Chain {
    /// Reads the chain in a folder.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Chain`], when the folder or a file in it can't be read, or something is wrong with it: a gap or a
    /// number that is taken twice, a file that is missing or unknown, SQL that a migration must not have. The message
    /// has the path, the line and what to do.
    pub fn open(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        if !folder.is_dir() {
            return Err(fault(
                &folder.display().to_string(),
                "there is no such folder\nhelp: make the first migration, which makes the folder too",
            ));
        }
        Self::open_or_empty(folder)
    }

    /// Reads the chain in a folder; without the folder it is empty.
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn open_or_empty(folder: impl AsRef<Path>) -> Result<Self> {
        let folder = folder.as_ref();
        let files = if folder.exists() {
            Files::open(folder)?
        } else {
            Files::default()
        };
        let shown = |name: &str| folder.join(name).display().to_string();
        Ok(Self {
            folder: Some(folder.to_owned()),
            migrations: assemble(&files, &shown)?,
            provision: provision(&files, &|name| shown(&format!("{BASELINE}/{name}")))?,
            state: files.state,
            functions: Functions::default(),
        })
    }

    /// Takes the texts of a chain's files by their paths below its folder, so that a program can carry its chain.
    ///
    /// ```
    /// use tenantry::migrate::Chain;
    ///
    /// let chain = Chain::from_files(&[
    ///     ("0001_initial/migration.toml", "format = 1\nid = \"0001_initial\"\n"), // or `include_str!(…)`
    ///     ("0001_initial/tenant.up.sql", "CREATE TABLE \"{tenant}\".invoices (id bigint PRIMARY KEY)"),
    /// ])?;
    /// assert_eq!(chain.migrations().len(), 1);
    /// # Ok::<(), tenantry::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As [`open`](Self::open).
    pub fn from_files(files: &[(&str, &str)]) -> Result<Self> {
        let files = Files::from_texts(files)?;
        Ok(Self {
            folder: None,
            migrations: assemble(&files, &str::to_owned)?,
            provision: provision(&files, &|name| format!("{BASELINE}/{name}"))?,
            state: files.state,
            functions: Functions::default(),
        })
    }

    /// The migrations, in order.
    pub fn migrations(&self) -> &[Migration] {
        &self.migrations
    }

    /// The migration with this id, or with this number.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Chain`], when there is none.
    pub fn find(&self, id: &str) -> Result<&Migration> {
        let number = id.parse::<i32>().ok();
        let is_it =
            |migration: &&Migration| migration.id() == id || Some(migration.position()) == number;
        self.migrations.iter().find(is_it).ok_or_else(|| {
            let ids = self.migrations.iter().map(Migration::id);
            let takes_place = |it: &&Migration| {
                let mut replaced = it.replaced().iter().flat_map(Replaced::all);
                replaced.any(|one| one.id == id)
                    || number.is_some_and(|number| (it.first()..it.position()).contains(&number))
            };
            let taker = self.migrations.iter().find(takes_place);
            let help = match (most_alike_migration(id, ids), self.migrations.last()) {
                _ if taker.is_some() => {
                    format!("`{}` has taken its place", taker.map_or("", Migration::id))
                }
                (Some(meant), _) => format!("did you mean `{meant}`?"),
                (None, Some(last)) => format!("the last is `{}`", last.id()),
                (None, None) => "the chain is empty".to_owned(),
            };
            Error::new(
                ErrorKind::Chain,
                format!("there is no migration `{id}`\nhelp: {help}"),
            )
        })
    }

    /// The folder that the chain was read from, if it was.
    pub fn folder(&self) -> Option<&Path> {
        self.folder.as_deref()
    }

    /// The text of `state.json`: the structure that the chain leads to.
    pub fn state(&self) -> Option<&str> {
        self.state.as_deref()
    }

    /// Gives the chain the functions of the application that its migrations call.
    pub fn functions(self, functions: Functions) -> Self {
        Self { functions, ..self }
    }

    /// The rights and rows that new tenants get after their tables.
    pub(crate) fn provision(&self) -> &Provision {
        &self.provision
    }

    /// The path of a file of the chain, for messages.
    pub(crate) fn path(&self, below: &str) -> String {
        match &self.folder {
            Some(folder) => folder.join(below).display().to_string(),
            None => below.to_owned(),
        }
    }

    /// The position of the last migration.
    pub(crate) fn last(&self) -> i32 {
        self.migrations.last().map_or(0, Migration::position)
    }

    /// The migration at a position.
    pub(crate) fn at(&self, position: i32) -> Option<&Migration> {
        let found = self
            .migrations
            .binary_search_by_key(&position, Migration::position);
        self.migrations.get(found.ok()?)
    }
}
