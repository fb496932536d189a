//! Reading the files of a chain: from a folder, or from texts that were compiled in.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::lint::{Fault, check};
use crate::error::{Error, ErrorKind, Result};
use crate::model::PlacementKind;

/// The names of the files that the folder of a migration can hold.
pub(crate) const FILES: [&str; 5] = [
    "shared.up.sql",
    "shared.down.sql",
    "tenant.up.sql",
    "tenant.down.sql",
    MANIFEST,
];

/// The name of the file that says what a migration is.
pub(crate) const MANIFEST: &str = "migration.toml";

/// The name of the file that holds the structure that the chain leads to.
pub(crate) const STATE: &str = "state.json";

/// The folder that holds what new tenants are made of.
pub(crate) const BASELINE: &str = "baseline";

/// The texts of a chain's files: those of each migration by the name of its folder, and the state.
#[derive(Debug, Default)]
pub(crate) struct Files {
    pub(crate) folders: BTreeMap<String, BTreeMap<&'static str, String>>,
    pub(crate) state: Option<String>,
    /// The rights and rows that new tenants get after their tables.
    pub(crate) provision: BTreeMap<&'static str, String>,
}

/// The names of the files that the folder of the baseline can hold.
pub(crate) const PROVISION: [&str; 2] = ["grants.sql", "seed.sql"];

/// A way out for what can't be read.
const READABLE: &str = "let the user that the process runs as read it";

/// An error about a file or folder.
pub(crate) fn fault(path: &str, what: impl std::fmt::Display) -> Error {
    Error::new(ErrorKind::Chain, format!("`{path}`: {what}"))
}

impl Files {
    /// Reads a folder.
    pub(crate) fn open(dir: &Path) -> Result<Self> {
        let mut files = Self::default();
        for entry in entries(dir)? {
            let Some(name) = name_of(&entry)? else {
                continue;
            };
            if entry.is_dir() {
                if name == BASELINE {
                    files.open_baseline(&entry)?;
                } else {
                    files.open_migration(&entry, &name)?;
                }
            } else if name == STATE {
                files.state = Some(text_of(&entry)?);
            }
        }
        Ok(files)
    }

    fn open_migration(&mut self, dir: &Path, folder: &str) -> Result<()> {
        self.folders.entry(folder.to_owned()).or_default();
        for entry in entries(dir)? {
            let Some(name) = name_of(&entry)? else {
                continue;
            };
            let path = entry.display().to_string();
            if entry.is_dir() {
                return Err(fault(
                    &path,
                    "a migration has no folders in it\nhelp: move it away",
                ));
            }
            self.add(folder, &name, &path, || text_of(&entry))?;
        }
        Ok(())
    }

    fn open_baseline(&mut self, dir: &Path) -> Result<()> {
        for entry in entries(dir)? {
            let Some(name) = name_of(&entry)? else {
                continue;
            };
            self.add_provision(&name, &entry.display().to_string(), || text_of(&entry))?;
        }
        Ok(())
    }

    fn add_provision(
        &mut self,
        name: &str,
        path: &str,
        text: impl FnOnce() -> Result<String>,
    ) -> Result<()> {
        if let Some(known) = PROVISION.into_iter().find(|known| *known == name) {
            self.provision.insert(known, text()?);
        } else if Path::new(name).extension().is_none_or(|it| it != "md") {
            return Err(fault(
                path,
                format!(
                    "is not a file of the baseline\nhelp: these are `{}`",
                    PROVISION.join("`, `")
                ),
            ));
        }
        Ok(())
    }

    /// Takes texts by their paths below the chain's folder.
    pub(crate) fn from_texts(texts: &[(&str, &str)]) -> Result<Self> {
        let mut files = Self::default();
        for (path, text) in texts {
            let normal = path.replace('\\', "/");
            let normal = normal.trim_start_matches("./");
            match normal.split_once('/') {
                None if normal == STATE => files.state = Some(normalised(text)),
                Some((BASELINE, name)) => {
                    files.add_provision(name, path, || Ok(normalised(text)))?;
                }
                Some((folder, name)) => {
                    files.add(folder, name, path, || Ok(normalised(text)))?;
                }
                None => {
                    return Err(fault(
                        path,
                        format!(
                            "is not a file of a migration, nor `state.json`\n\
                             help: give files as `0001_name/{}`",
                            FILES.join("`, `0001_name/")
                        ),
                    ));
                }
            }
        }
        Ok(files)
    }

    fn add(
        &mut self,
        folder: &str,
        name: &str,
        path: &str,
        text: impl FnOnce() -> Result<String>,
    ) -> Result<()> {
        let Some(known) = FILES.into_iter().find(|known| *known == name) else {
            let is_note = Path::new(name)
                .extension()
                .is_some_and(|extension| extension == "md");
            return if is_note {
                Ok(())
            } else {
                Err(fault(
                    path,
                    format!(
                        "is not a file of a migration\nhelp: these are `{}`",
                        FILES.join("`, `")
                    ),
                ))
            };
        };
        let files = self.folders.entry(folder.to_owned()).or_default();
        if files.insert(known, text()?).is_some() {
            return Err(fault(path, "is given twice\nhelp: give it once"));
        }
        Ok(())
    }
}

fn entries(dir: &Path) -> Result<Vec<std::path::PathBuf>> {
    let failed = |error: std::io::Error| {
        fault(
            &dir.display().to_string(),
            format!("can't be read: {error}"),
        )
        .help(READABLE)
        .because(error)
    };
    let mut paths = Vec::new();
    for entry in fs::read_dir(dir).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    Ok(paths)
}

/// The entry's name, unless it is hidden.
fn name_of(path: &Path) -> Result<Option<String>> {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .ok_or_else(|| {
            fault(
                &path.display().to_string(),
                "the name is not UTF-8\nhelp: rename it",
            )
        })?;
    Ok((!name.starts_with('.')).then(|| name.to_owned()))
}

fn text_of(path: &Path) -> Result<String> {
    let shown = || path.display().to_string();
    let bytes = fs::read(path).map_err(|error| {
        fault(&shown(), format!("can't be read: {error}"))
            .help(READABLE)
            .because(error)
    })?;
    let text = String::from_utf8(bytes).map_err(|error| {
        let line = error.as_bytes()[..error.utf8_error().valid_up_to()]
            .split(|byte| *byte == b'\n')
            .count();
        fault(
            &shown(),
            format!("line {line} is not UTF-8\nhelp: save the file as UTF-8"),
        )
        .because(error)
    })?;
    if text.contains('\0') {
        return Err(fault(
            &shown(),
            "there is a zero byte in it, which PostgreSQL does not take\nhelp: remove it",
        ));
    }
    Ok(normalised(&text))
}

/// Undoes what a checkout on another system may change without changing the meaning.
fn normalised(text: &str) -> String {
    text.trim_start_matches('\u{feff}').replace("\r\n", "\n")
}

/// Refuses SQL that a migration must not have.
pub(crate) fn checked(text: &str, placement: PlacementKind, shown: &str) -> Result<()> {
    check(text, placement).map_err(|found| at_line(text, shown, found))
}

pub(super) fn at_line(text: &str, shown: &str, found: Fault) -> Error {
    let line = text[..found.start].matches('\n').count() + 1;
    fault(&format!("{shown}:{line}"), found.message)
}
