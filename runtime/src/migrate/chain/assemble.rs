//! From the files of a chain to its migrations.

use super::files::{Files, MANIFEST, at_line, fault};
use super::lint::{check_cuts, check_migration, is_blank};
use super::manifest::{Limits, Manifest, Replaced, position};
use super::migration::{Migration, Part, checksum};
use crate::error::Result;
use crate::model::PlacementKind;

/// Makes the migrations of the files, and checks that their numbers are complete.
pub(super) fn assemble(files: &Files, shown: &dyn Fn(&str) -> String) -> Result<Vec<Migration>> {
    let mut folders = Vec::new();
    for (folder, texts) in &files.folders {
        let position = position(folder).map_err(|what| fault(&shown(folder), what))?;
        folders.push((position, folder, texts));
    }
    folders.sort_unstable_by_key(|(position, folder, _)| (*position, *folder));
    let squashes = squashes(files, shown)?;
    let mut migrations: Vec<Migration> = Vec::new();
    for (position, folder, texts) in folders {
        let shown_file = |file: &str| shown(&format!("{folder}/{file}"));
        if let Some(squash) = squashes
            .iter()
            .find(|squash| squash.covers(position, folder))
        {
            let left = migration(folder, position, texts, &shown_file)?;
            squash.check(&left, &shown(folder))?;
            continue;
        }
        let expected = migrations.last().map_or(0, Migration::position) + 1;
        if let Some(last) = migrations.last()
            && last.position == position
        {
            return Err(fault(
                &shown(folder),
                format!(
                    "has the same number as `{}`\n\
                     help: two branches have made a migration each; `merge` gives the one that is applied nowhere another \
                     number, and makes `state.json` agree",
                    last.id
                ),
            ));
        }
        let made = squashes
            .iter()
            .find(|squash| squash.id() == folder.as_str());
        if made.map_or(position, |squash| squash.first) != expected {
            return Err(fault(
                &shown(folder),
                format!(
                    "the migration before it is missing\nhelp: a migration with the number {expected:04} comes here"
                ),
            ));
        }
        migrations.push(migration(folder, position, texts, &shown_file)?);
    }
    Ok(migrations)
}

/// A migration that takes the place of others.
pub(in crate::migrate) struct SquashFile {
    manifest: Manifest,
    pub(in crate::migrate) first: i32,
    pub(in crate::migrate) last: i32,
}

impl SquashFile {
    pub(in crate::migrate) fn id(&self) -> &str {
        &self.manifest.id
    }

    /// Whether another migration has one of the numbers.
    pub(in crate::migrate) fn covers(&self, position: i32, id: &str) -> bool {
        id != self.manifest.id && (self.first..=self.last).contains(&position)
    }

    /// The entry of a migration that it takes the place of.
    pub(in crate::migrate) fn replaced(&self, id: &str) -> Option<&Replaced> {
        let mut all = self.manifest.replaces.iter().flat_map(Replaced::all);
        all.find(|replaced| replaced.id == id)
    }

    /// Refuses a migration among the numbers that is not, word for word, one of those whose place it takes. These may stay: a
    /// writing that was cut off leaves them, and they do nothing.
    fn check(&self, left: &Migration, shown: &str) -> Result<()> {
        let squash = self.id();
        match self.replaced(left.id()) {
            Some(replaced) if replaced.checksum == checksum(left.shared(), left.tenant()) => Ok(()),
            Some(_) => Err(fault(
                shown,
                format!(
                    "was changed since `{squash}` has taken its place, which was compared with what it was\n\
                     help: bring it back as it was, or delete the folder and write the change as a migration after `{squash}`"
                ),
            )),
            None => Err(fault(
                shown,
                format!(
                    "has a number of those whose place `{squash}` takes\n\
                     help: give it the next free number, in its name and in its `{MANIFEST}`"
                ),
            )),
        }
    }
}

/// The migrations that take the place of others, by their manifests.
pub(in crate::migrate) fn squashes(
    files: &Files,
    shown: &dyn Fn(&str) -> String,
) -> Result<Vec<SquashFile>> {
    let mut found = Vec::new();
    for (folder, texts) in &files.folders {
        let text = texts.get(MANIFEST).filter(|it| it.contains("replaces"));
        let Some(text) = text else { continue };
        let manifest = manifest(text, folder, &shown(&format!("{folder}/{MANIFEST}")))?;
        let last = manifest.replaces.last().and_then(Replaced::positions);
        if let (Some(first), Some((_, last))) = (manifest.first(), last) {
            found.push(SquashFile {
                manifest,
                first,
                last,
            });
        }
    }
    // One whose place another takes counts no more.
    let replaced: Vec<String> = found
        .iter()
        .flat_map(|squash| squash.manifest.replaces.iter().flat_map(Replaced::all))
        .map(|replaced| replaced.id.clone())
        .collect();
    found.retain(|squash| !replaced.contains(&squash.manifest.id));
    Ok(found)
}

fn manifest(text: &str, folder: &str, shown: &str) -> Result<Manifest> {
    Manifest::read(text, folder)
        .map_err(|what| fault(shown, what).help("write it as `makemigrations` has written it"))
}

type FileTexts = std::collections::BTreeMap<&'static str, String>;

/// Makes a migration of its texts.
pub(in crate::migrate) fn migration(
    folder: &str,
    position: i32,
    texts: &FileTexts,
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
    let manifest = manifest(text, folder, &shown(MANIFEST))?;
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
    let first = manifest.first().unwrap_or(position);
    Ok(Migration {
        position,
        first,
        replaces: manifest.replaces,
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
    texts: &FileTexts,
    placement: PlacementKind,
    up: &str,
    down: &str,
    shown: &dyn Fn(&str) -> String,
) -> Result<Option<Part>> {
    for name in [up, down] {
        if let Some(text) = texts.get(name) {
            check_migration(text, placement).map_err(|found| at_line(text, &shown(name), found))?;
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
}
