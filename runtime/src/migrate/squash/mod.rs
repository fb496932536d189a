//! A range of migrations made one, whose SQL gives the same: that is found out by doing both.

mod fit;
mod joined;
#[cfg(feature = "cli")]
mod needless;
mod proof;
mod steps;
mod write;

use std::collections::BTreeMap;
use std::path::PathBuf;

use postgres::Client;

use self::fit::{check_database, check_range, refused};
use self::joined::joined;
#[cfg(feature = "cli")]
use self::needless::without_needless;
use self::proof::prove;
use super::chain::assemble::migration;
use super::chain::files::{MANIFEST, fault};
use super::chain::manifest::{Manifest, Replaced, position};
use super::chain::migration::checksum;
use super::chain::{Chain, Migration};
use super::report::phase::Phase;
use super::session::settings::Settings;
use crate::error::{Error, ErrorKind, Result};
use crate::model::PlacementKind;
use crate::name::SchemaName;

/// A migration that takes the place of several, and gives what they give. It is written by [`write`](Self::write).
#[derive(Debug, Clone)]
pub struct Squash {
    folder: PathBuf,
    id: String,
    files: Vec<(&'static str, String)>,
    replaced: Vec<String>,
}

impl Squash {
    /// The id of the migration.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The ids of the migrations whose place it takes, in order.
    pub fn replaced(&self) -> impl Iterator<Item = &str> {
        self.replaced.iter().map(String::as_str)
    }

    /// The names and texts of its files.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files.iter().map(|(name, text)| (*name, text.as_str()))
    }
}

/// The migrations that one is made of, and the name that it gets.
#[derive(Debug, Clone, Copy)]
pub(super) struct SquashRange<'a> {
    pub(super) first: &'a str,
    pub(super) last: &'a str,
    pub(super) name: &'a str,
}

/// Makes one migration of a range, and compares what it gives with what the range gives, on scratch schemas.
pub(super) fn squash(
    client: &mut Client,
    (chain, shared): (&Chain, &SchemaName),
    range: SquashRange<'_>,
    settings: &Settings,
) -> Result<Squash> {
    let folder = chain.folder().ok_or_else(in_memory)?.to_owned();
    let (first, last) = (chain.find(range.first)?, chain.find(range.last)?);
    let migrations: Vec<&Migration> = chain
        .migrations()
        .iter()
        .filter(|it| (first.position()..=last.position()).contains(&it.position()))
        .collect();
    check_range(&migrations)?;
    let id = id(chain, last, range.name)?;
    let is_migrated = check_database(client, (chain, shared), &migrations)?;
    let mut files = joined(&migrations);
    let mut manifest = Manifest {
        phase: phase(&migrations),
        transaction: last.limits().is_transaction,
        lock_timeout: migrations
            .iter()
            .filter_map(|it| it.limits().lock_timeout)
            .max(),
        statement_timeout: migrations
            .iter()
            .filter_map(|it| it.limits().statement_timeout)
            .max(),
        replaces: migrations.iter().map(|it| replaced(it)).collect(),
        operations: migrations
            .iter()
            .flat_map(|it| it.operations().iter().cloned())
            .collect(),
        ..Manifest::new(id.clone())
    };
    let made = made(chain, &manifest, &mut files)?;
    prove(client, chain, (&migrations, &made), is_migrated, settings)?;
    if !migrations.iter().any(|it| it.is_edited()) {
        manifest.checksum = Some(checksum(made.shared(), made.tenant()));
    }
    files.insert(0, (MANIFEST, manifest.write()));
    Ok(Squash {
        folder,
        id,
        files,
        replaced: migrations.iter().map(|it| it.id().to_owned()).collect(),
    })
}

/// The migration of its files, read as from a folder.
fn made(
    chain: &Chain,
    manifest: &Manifest,
    files: &mut [(&'static str, String)],
) -> Result<Migration> {
    let read = |files: &[(&'static str, String)]| {
        let mut texts: BTreeMap<&'static str, String> = files.iter().cloned().collect();
        texts.insert(MANIFEST, manifest.write());
        let last = manifest.replaces.last().and_then(Replaced::positions);
        let shown = |file: &str| chain.path(&format!("{}/{file}", manifest.id));
        let position = last.map_or(0, |(_, position)| position);
        let made = migration(&manifest.id, position, &texts, &shown);
        made.map_err(|error| {
            let why = format!("as one they are no migration: {}", error.message());
            refused(&why, "end the range before that statement").because(error)
        })
    };
    let made = read(files)?;
    #[cfg(feature = "cli")]
    if without_needless(chain, &made, files) {
        return read(files);
    }
    Ok(made)
}

fn replaced(migration: &Migration) -> Replaced {
    Replaced {
        id: migration.id().to_owned(),
        checksum: checksum(migration.shared(), migration.tenant()),
        replaces: migration.replaced().to_vec(),
    }
}

/// The latest of the phases.
fn phase(migrations: &[&Migration]) -> Phase {
    let phases = migrations.iter().map(|it| it.phase());
    phases.max().unwrap_or_default()
}

fn id(chain: &Chain, last: &Migration, name: &str) -> Result<String> {
    let id = format!("{:04}_{name}", last.position());
    position(&id)
        .map_err(|what| fault(&chain.path(&id), what).help("give it the name of a migration"))?;
    let is_it = |it: &Migration| {
        let mut replaced = it.replaced().iter().flat_map(Replaced::all);
        it.id() == id || replaced.any(|replaced| replaced.id == id)
    };
    if chain.migrations().iter().any(is_it) {
        return Err(fault(
            &chain.path(&id),
            "has the name of a migration whose place it would take\nhelp: give it another name",
        ));
    }
    Ok(id)
}

fn in_memory() -> Error {
    Error::new(
        ErrorKind::Chain,
        "the chain was not read from a folder, and there is none to write to\nhelp: open the folder with `Chain::open`",
    )
}

/// The placements, in the order in which a migration does its parts.
const PLACEMENTS: [PlacementKind; 2] = [PlacementKind::Shared, PlacementKind::Tenant];
