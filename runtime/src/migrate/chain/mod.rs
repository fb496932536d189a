//! The chain: the ordered list of migrations, shared and tenant together.

pub(super) mod checksum;
pub(super) mod files;
pub(super) mod lint;
pub(super) mod manifest;
pub(super) mod provision;

use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use tenantry_sql::{Statement, statements};

use self::checksum::{checksum, finish};
use self::files::{BASELINE, Files, MANIFEST, at_line, checked, fault};
use self::lint::{check_cuts, is_blank};
use self::manifest::{Limits, Manifest, Phase};
use self::provision::{Provision, names_schema_in_string, provision};
use crate::alike::most_alike_migration;
use crate::error::{Error, ErrorKind, Result};
use crate::model::PlacementKind;
use crate::structure::Op;

/// The longest id of a migration, in bytes.
const MAX_ID_BYTES: usize = 120;

/// The ordered list of migrations, shared and tenant together.
#[derive(Debug, Clone, Default)]
pub struct Chain {
    folder: Option<PathBuf>,
    migrations: Vec<Migration>,
    state: Option<String>,
    provision: Provision,
}

/// A migration: what it does to the shared schema, and what to each tenant's.
#[derive(Debug, Clone)]
pub struct Migration {
    position: i32,
    phase: Phase,
    generated: Option<String>,
    operations: Vec<Op>,
    limits: Limits,
    id: String,
    shared: Option<Part>,
    tenant: Option<Part>,
}

/// The part of a migration for one kind of schema: the SQL that does it, and the SQL that undoes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    up: String,
    down: Option<String>,
    is_transaction: bool,
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
            |migration: &&Migration| migration.id == id || Some(migration.position) == number;
        self.migrations.iter().find(is_it).ok_or_else(|| {
            let ids = self.migrations.iter().map(Migration::id);
            let help = match (most_alike_migration(id, ids), self.migrations.last()) {
                (Some(meant), _) => format!("did you mean `{meant}`?"),
                (None, Some(last)) => format!("the last is `{}`", last.id),
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
        self.migrations.last().map_or(0, |last| last.position)
    }

    /// The migration at a position.
    pub(crate) fn at(&self, position: i32) -> Option<&Migration> {
        let index = usize::try_from(position).ok()?.checked_sub(1)?;
        self.migrations.get(index)
    }
}

impl Migration {
    /// The migration's name: its number and what it does.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The migration's place in the chain, counted from 1.
    pub fn position(&self) -> i32 {
        self.position
    }

    /// Whether running versions of the application can live with it.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The part for the shared schema.
    pub fn shared(&self) -> Option<&Part> {
        self.shared.as_ref()
    }

    /// The part for each tenant's schema.
    pub fn tenant(&self) -> Option<&Part> {
        self.tenant.as_ref()
    }

    /// The part for one kind of schema.
    pub fn part(&self, placement: PlacementKind) -> Option<&Part> {
        match placement {
            PlacementKind::Shared => self.shared(),
            PlacementKind::Tenant => self.tenant(),
        }
    }

    /// How the SQL is run.
    pub(crate) fn limits(&self) -> Limits {
        self.limits
    }

    /// The operations that the SQL was generated from.
    pub fn operations(&self) -> &[Op] {
        &self.operations
    }

    /// Whether somebody wrote or edited the SQL by hand, so that it is not what the models led to.
    pub fn is_edited(&self) -> bool {
        self.generated.as_deref() != Some(&checksum(self.shared(), self.tenant()))
    }
}

impl Part {
    /// The SQL that does it, with the slots `"{tenant}"` and `"{shared}"`.
    pub fn up(&self) -> &str {
        &self.up
    }

    /// The SQL that undoes it, if there is any.
    pub fn down(&self) -> Option<&str> {
        self.down.as_deref()
    }

    /// Whether it does more than to make, change and drop tables and indexes, or names the tenant's schema in a string or in
    /// the body of a routine: PostgreSQL keeps these as text, which no renaming reaches.
    pub(crate) fn beyond_tables(&self) -> bool {
        // What can't be cut is refused when the chain is read.
        let statements = statements(&self.up).unwrap_or_default();
        let plain: [&[&str]; 8] = [
            &["create", "table"],
            &["create", "index"],
            &["create", "unique", "index"],
            &["alter", "table"],
            &["alter", "index"],
            &["drop", "table"],
            &["drop", "index"],
            &["comment"],
        ];
        let is_plain = |statement: &Statement<'_>| {
            // A table that is made of a query has rows. `AS` stands in identities and computed columns too.
            let made_of_query = statement.tokens.windows(2).any(|pair| {
                let queries = ["select", "with", "values", "table", "execute"];
                pair[0].is("as") && queries.iter().any(|word| pair[1].is(word))
            });
            plain.iter().any(|words| statement.begins(words)) && !made_of_query
        };
        statements.iter().any(|statement| !is_plain(statement)) || names_schema_in_string(&self.up)
    }

    /// The checksum, which tells one text from another.
    pub(crate) fn checksum(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(&self.up);
        if let Some(down) = &self.down {
            // A byte that no text has keeps the two apart.
            hash.update([0]);
            hash.update(down);
        }
        // Half-way through it, the same SQL would be cut in another way.
        if !self.is_transaction {
            hash.update([1]);
        }
        finish(hash)
    }

    pub(crate) fn new(up: String, down: Option<String>) -> Self {
        Self {
            up,
            down,
            is_transaction: true,
        }
    }

    /// The same, done in one transaction or statement by statement.
    fn done_in(self, is_transaction: bool) -> Self {
        Self {
            is_transaction,
            ..self
        }
    }
}

/// Makes the migrations of the files, and checks that their numbers are complete.
fn assemble(files: &Files, shown: &dyn Fn(&str) -> String) -> Result<Vec<Migration>> {
    let mut folders = Vec::new();
    for (folder, texts) in &files.folders {
        let position = position(folder).map_err(|what| fault(&shown(folder), what))?;
        folders.push((position, folder, texts));
    }
    folders.sort_unstable_by_key(|(position, folder, _)| (*position, *folder));
    let mut migrations: Vec<Migration> = Vec::new();
    for (position, folder, texts) in folders {
        let expected = i32::try_from(migrations.len()).expect("there are few migrations") + 1;
        if let Some(last) = migrations.last()
            && last.position == position
        {
            return Err(fault(
                &shown(folder),
                format!(
                    "has the same number as `{}`\n\
                     help: two branches have made a migration each; renumber the one that is applied nowhere to \
                     `{:04}_…`, folder and `id`, and make `state.json` agree",
                    last.id,
                    position + 1
                ),
            ));
        }
        if position != expected {
            return Err(fault(
                &shown(folder),
                format!(
                    "the migration before it is missing\nhelp: a migration with the number {expected:04} comes here"
                ),
            ));
        }
        let shown = |file: &str| shown(&format!("{folder}/{file}"));
        migrations.push(migration(folder, position, texts, &shown)?);
    }
    Ok(migrations)
}

type Texts = std::collections::BTreeMap<&'static str, String>;

fn migration(
    folder: &str,
    position: i32,
    texts: &Texts,
    shown: &dyn Fn(&str) -> String,
) -> Result<Migration> {
    let text = texts.get(MANIFEST).ok_or_else(|| {
        fault(
            &shown(MANIFEST),
            format!(
                "the file is missing\nhelp: write `format = 1` and `id = \"{folder}\"` into it"
            ),
        )
    })?;
    let manifest = Manifest::read(text, folder).map_err(|what| fault(&shown(MANIFEST), what))?;
    let shared = part(
        texts,
        PlacementKind::Shared,
        "shared.up.sql",
        "shared.down.sql",
        shown,
    )?;
    let tenant = part(
        texts,
        PlacementKind::Tenant,
        "tenant.up.sql",
        "tenant.down.sql",
        shown,
    )?;
    for (part, name) in [(&shared, "shared.up.sql"), (&tenant, "tenant.up.sql")] {
        let text = part.as_ref().map_or("", Part::up);
        check_cuts(text, manifest.transaction)
            .map_err(|found| at_line(text, &shown(name), found))?;
    }
    if shared.is_none() && tenant.is_none() {
        return Err(fault(
            &shown("tenant.up.sql"),
            "the migration does nothing\nhelp: write SQL into this file or into `shared.up.sql`",
        ));
    }
    Ok(Migration {
        position,
        phase: manifest.phase,
        generated: manifest.checksum,
        operations: manifest.operations,
        limits: Limits {
            is_transaction: manifest.transaction,
            lock_timeout: manifest.lock_timeout,
            statement_timeout: manifest.statement_timeout,
        },
        id: manifest.id,
        shared: shared.map(|part| part.done_in(manifest.transaction)),
        tenant: tenant.map(|part| part.done_in(manifest.transaction)),
    })
}

/// A file of comments only does nothing, and nothing needs to be recorded of it; undoing nothing is an answer.
fn part(
    texts: &Texts,
    placement: PlacementKind,
    up: &str,
    down: &str,
    shown: &dyn Fn(&str) -> String,
) -> Result<Option<Part>> {
    for name in [up, down] {
        if let Some(text) = texts.get(name) {
            checked(text, placement, &shown(name))?;
        }
    }
    let up_text = texts.get(up).filter(|text| !is_blank(text));
    let down_text = texts.get(down);
    match (up_text, down_text) {
        (Some(text), down) => Ok(Some(Part::new(text.clone(), down.cloned()))),
        (None, Some(text)) if !is_blank(text) => Err(fault(
            &shown(down),
            format!("there is nothing that it could undo\nhelp: write `{up}`, or delete this file"),
        )),
        (None, _) => Ok(None),
    }
}

/// The number that the name of a migration's folder begins with.
fn position(folder: &str) -> Result<i32, &'static str> {
    const FORM: &str = "is not named like a migration\nhelp: name it with four digits, `_`, and what it does in `[a-z0-9_]`: `0002_invoice_notes`";
    let (digits, name) = folder.split_once('_').ok_or(FORM)?;
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
    let well_formed = digits.len() >= 4
        && digits.bytes().all(|byte| byte.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(allowed)
        && folder.len() <= MAX_ID_BYTES;
    if !well_formed {
        return Err(FORM);
    }
    digits.parse().map_err(|_| FORM)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_are_numbered_and_named() {
        assert_eq!(position("0012_invoice_notes"), Ok(12));
        assert_eq!(position("10000_x"), Ok(10_000));
        for folder in [
            "12_x",
            "0012",
            "0012_",
            "0012-x",
            "0012_X",
            "x_0012",
            "99999999999_x",
        ] {
            assert!(position(folder).is_err(), "{folder}");
        }
    }

    #[test]
    fn the_checksum_tells_up_from_down() {
        let part = |up: &str, down: Option<&str>| Part::new(up.to_owned(), down.map(str::to_owned));
        let sums = [
            part("a", None).checksum(),
            part("a", Some("")).checksum(),
            part("a", Some("b")).checksum(),
            part("ab", None).checksum(),
        ];
        for (at, sum) in sums.iter().enumerate() {
            assert_eq!(sums.iter().position(|other| other == sum), Some(at));
        }
    }
}
