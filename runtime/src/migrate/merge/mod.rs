//! Migrations of several branches made one chain: some get other numbers, and `state.json` is written anew.
//!
//! Migrations that a database has applied stay, or those that the author names; the rest comes after them. An order counts only if every
//! operation finds what it was made for.

mod fit;
mod gone;
mod moved;
mod order;
mod views;
mod write;

use std::path::{Path, PathBuf};

use self::fit::lead_to;
use self::moved::{moved_away, moved_beside};
use self::order::{Numbered, orders};
use super::chain::Migration;
use super::chain::assemble::{SquashFile, migration, squashes};
use super::chain::files::{Files, MANIFEST, fault};
use super::chain::manifest::position;
use crate::alike::most_alike_migration;
use crate::error::{Error, ErrorKind, Result};

/// The changes that make one chain of a folder to which several branches have added migrations.
#[derive(Debug, Clone)]
pub struct Merge {
    folder: PathBuf,
    /// Old and new ids, in the order in which they are renamed.
    renumbered: Vec<(String, String)>,
    /// The manifests that need another id, by the folders' new names.
    manifests: Vec<(String, String)>,
    state: Option<String>,
    by_hand: Vec<String>,
}

impl Merge {
    /// Finds out which migrations of a folder get other numbers; nothing if none has to, and `state.json` is what they lead to.
    ///
    /// `applied` are the ids of migrations that a database has: they keep their numbers. `first` are those that the author
    /// wants to keep them where two have the same.
    ///
    /// ```no_run
    /// use tenantry::migrate::Merge;
    ///
    /// if let Some(merge) = Merge::of("migrations", &["0003_add_invoices_notes"], &[])? {
    ///     for (old, new) in merge.renumbered() {
    ///         println!("{old} becomes {new}");
    ///     }
    ///     merge.write()?;
    /// }
    /// # Ok::<(), tenantry::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Chain`], when the branches have changed the same thing, a migration is missing, or a file can't be read.
    pub fn of(folder: impl AsRef<Path>, applied: &[&str], first: &[&str]) -> Result<Option<Self>> {
        let folder = folder.as_ref();
        let files = Files::open(folder)?;
        let shown = |name: &str| folder.join(name).display().to_string();
        without_marks(&files, &shown)?;
        let squashes = squashes(&files, &shown)?;
        let numbered = numbered(&files, &squashes, &shown)?;
        // A database may have what has given its place up.
        let is_there = |id: &&&str| !squashes.iter().any(|squash| squash.replaced(id).is_some());
        let applied: Vec<&str> = applied.iter().filter(is_there).copied().collect();
        let applied = known(&applied, &numbered, |id| not_here(id, folder))?;
        let first = known(first, &numbered, |id| unknown(id, &numbered))?;
        order::check(&numbered, &shown)?;
        let twice = order::first_taken_twice(&numbered);
        let mut misfit = None;
        for order in orders(&numbered, &applied, &first)? {
            let chain = in_order(&files, &order, &numbered, &shown)?;
            let moved = moved_beside(&chain).or_else(|| moved_away(&chain));
            match moved.map_or_else(|| lead_to(&chain, twice), Err) {
                Ok(state) => return Ok(Self::from_order(folder, &files, &chain, state.to_json())),
                // The first is the one that changes least.
                Err(why) => misfit = misfit.or(Some(why)),
            }
        }
        let why = misfit.unwrap_or_default();
        Err(Error::new(
            ErrorKind::Chain,
            format!(
                "the branches don't go together: {why}\n\
                 help: decide which of the changes is meant; delete the migration of the other, take its models along, merge, and \
                 let `makemigrations` write what is left of it"
            ),
        ))
    }

    fn from_order(
        folder: &Path,
        files: &Files,
        chain: &[(String, Migration)],
        state: String,
    ) -> Option<Self> {
        let mut renumbered = Vec::new();
        let mut manifests = Vec::new();
        let mut by_hand = Vec::new();
        for (old, migration) in chain {
            let new = migration.id();
            if old != new {
                renumbered.push((old.clone(), new.to_owned()));
                by_hand.extend(migration.is_edited().then(|| new.to_owned()));
            }
            let text = files.folders.get(old).and_then(|texts| texts.get(MANIFEST));
            let named = text.and_then(|text| write::with_id(text, new));
            manifests.extend(named.map(|text| (new.to_owned(), text)));
        }
        let state = (files.state.as_ref() != Some(&state)).then_some(state);
        let is_one = renumbered.is_empty() && manifests.is_empty() && state.is_none();
        // A folder whose name is not free yet comes later.
        renumbered.sort_by_key(|(old, _)| std::cmp::Reverse(old.clone()));
        let to_end = |(old, new): &(String, String)| {
            chain.iter().any(|(other, _)| other == new && other != old)
        };
        if !renumbered.iter().any(to_end) {
            renumbered.reverse();
        }
        (!is_one).then(|| Self {
            folder: folder.to_owned(),
            renumbered,
            manifests,
            state,
            by_hand,
        })
    }

    /// The ids that change: the old one and the new one.
    pub fn renumbered(&self) -> impl Iterator<Item = (&str, &str)> {
        let renumbered = self.renumbered.iter();
        renumbered.map(|(old, new)| (old.as_str(), new.as_str()))
    }

    /// The migrations with other numbers, by their new ids, whose SQL was written by hand, so that nothing was compared.
    pub fn by_hand(&self) -> &[String] {
        &self.by_hand
    }

    /// Tells whether `state.json` is written anew.
    pub fn changes_state(&self) -> bool {
        self.state.is_some()
    }
}

/// Refuses files in which a merge of version control has left both sides.
fn without_marks(files: &Files, shown: &dyn Fn(&str) -> String) -> Result<()> {
    for (folder, texts) in &files.folders {
        for (name, text) in texts {
            let mut lines = (1..).zip(text.lines());
            if let Some((line, _)) = lines.find(|(_, line)| line.starts_with("<<<<<<< ")) {
                return Err(fault(
                    &format!("{}:{line}", shown(&format!("{folder}/{name}"))),
                    "both branches have this file, and it is not decided which holds\n\
                     help: two migrations need two names: give that of one branch another name, with its own files",
                ));
            }
        }
    }
    Ok(())
}

fn numbered(
    files: &Files,
    squashes: &[SquashFile],
    shown: &dyn Fn(&str) -> String,
) -> Result<Vec<Numbered>> {
    let mut numbered = Vec::new();
    for id in files.folders.keys() {
        let position = position(id)
            .map_err(|what| fault(&shown(id), what).help("give it the name of a migration"))?;
        // What has given its place up does nothing.
        if squashes.iter().any(|squash| squash.replaced(id).is_some()) {
            continue;
        }
        let squash = squashes.iter().find(|squash| squash.id() == id.as_str());
        let first = squash.map_or(position, |squash| squash.first);
        if let Some(squash) = squashes.iter().find(|squash| squash.covers(position, id)) {
            return Err(taken(&shown(id), squash));
        }
        let id = id.clone();
        numbered.push(Numbered {
            position,
            first,
            id,
        });
    }
    numbered.sort();
    Ok(numbered)
}

fn taken(shown: &str, squash: &SquashFile) -> Error {
    fault(
        shown,
        format!(
            "has a number of those whose place `{}` takes\n\
             help: give it a number after {:04}, in its name and in its `{MANIFEST}`, and merge again",
            squash.id(),
            squash.last
        ),
    )
}

/// The given ids, each of which has to be there.
fn known(
    ids: &[&str],
    numbered: &[Numbered],
    missing: impl Fn(&str) -> Error,
) -> Result<Vec<String>> {
    let known = ids.iter().map(|&id| {
        let is_there = numbered.iter().any(|other| other.id == id);
        if is_there {
            Ok(id.to_owned())
        } else {
            Err(missing(id))
        }
    });
    known.collect()
}

fn not_here(id: &str, folder: &Path) -> Error {
    Error::new(
        ErrorKind::Chain,
        format!(
            "the database has the migration `{id}` applied, and `{}` does not have it\n\
             help: merge the branch that has it first, or use the database of this branch",
            folder.display()
        ),
    )
}

fn unknown(id: &str, numbered: &[Numbered]) -> Error {
    let ids = numbered.iter().map(|other| other.id.as_str());
    let help = most_alike_migration(id, ids).map_or_else(
        || "write the whole id, as its folder is named".to_owned(),
        |meant| format!("did you mean `{meant}`?"),
    );
    Error::new(
        ErrorKind::Chain,
        format!("there is no migration `{id}`\nhelp: {help}"),
    )
}

/// The migrations in an order, with the ids that they get by it, each with the id that it has.
fn in_order(
    files: &Files,
    order: &[String],
    numbered: &[Numbered],
    shown: &dyn Fn(&str) -> String,
) -> Result<Vec<(String, Migration)>> {
    let mut chain = Vec::new();
    for (old, position) in order::positions(order, numbered) {
        let name = old.split_once('_').map_or(old.as_str(), |(_, name)| name);
        let new = format!("{position:04}_{name}");
        let mut texts = files.folders[old].clone();
        if let Some(text) = texts.get_mut(MANIFEST)
            && let Some(named) = write::with_id(text, &new)
        {
            *text = named;
        }
        let shown = |file: &str| shown(&format!("{old}/{file}"));
        chain.push((old.clone(), migration(&new, position, &texts, &shown)?));
    }
    Ok(chain)
}
