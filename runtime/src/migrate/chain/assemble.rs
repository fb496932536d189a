//! From the files of a chain to its migrations.

use super::files::{Files, MANIFEST, at_line, fault};
use super::lint::{check_cuts, check_migration, is_blank};
use super::manifest::{Limits, Manifest};
use super::migration::{Migration, Part};
use crate::error::Result;
use crate::model::PlacementKind;

/// The longest id of a migration, in bytes.
const MAX_ID_BYTES: usize = 120;

/// Makes the migrations of the files, and checks that their numbers are complete.
pub(super) fn assemble(files: &Files, shown: &dyn Fn(&str) -> String) -> Result<Vec<Migration>> {
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
                     help: two branches have made a migration each; `merge` gives the one that is applied nowhere another \
                     number, and makes `state.json` agree",
                    last.id
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
    let manifest = Manifest::read(text, folder).map_err(|what| {
        fault(&shown(MANIFEST), what).help("write it as `makemigrations` has written it")
    })?;
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

/// The number that the name of a migration's folder begins with.
pub(in crate::migrate) fn position(folder: &str) -> Result<i32, &'static str> {
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
}
