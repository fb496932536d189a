//! Writing a migration that takes the place of others, whole or not at all.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::Squash;
use crate::error::{Error, Result};
use crate::migrate::chain::Chain;
use crate::migrate::chain::files::fault;

impl Squash {
    /// Writes the migration, and takes the folders away of those whose place it takes; their notes (`.md`) go into its own. Gives the
    /// paths of what was written.
    ///
    /// From the moment that its folder is there it counts, and they do not: what is left of a writing that was cut off can be deleted.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Chain`](crate::ErrorKind::Chain), when one of the folders was changed since, or a file can't be written.
    pub fn write(&self) -> Result<Vec<PathBuf>> {
        let path = self.folder.join(&self.id);
        if path.exists() {
            return Err(fault(
                &path.display().to_string(),
                "is there already\nhelp: choose another name, or delete the folder if it was not finished",
            ));
        }
        let aside = self
            .folder
            .join(format!(".{}.{}", self.id, std::process::id()));
        let written = self
            .write_aside(&aside)
            .and_then(|()| fs::rename(&aside, &path).map_err(|error| failed(&path, error)));
        if let Err(error) = written {
            // What is left of it is passed over; that it can't be deleted is not what went wrong.
            let _ = fs::remove_dir_all(&aside);
            return Err(error);
        }
        // Only what is as it was compared is taken away.
        if let Err(error) = Chain::open(&self.folder) {
            let _ = fs::remove_dir_all(&path);
            return Err(error);
        }
        for id in &self.replaced {
            let old = self.folder.join(id);
            take_away(&old, &path).map_err(|error| failed(&old, error))?;
        }
        let files = self.files.iter();
        Ok(files.map(|(name, _)| path.join(name)).collect())
    }

    fn write_aside(&self, aside: &Path) -> Result<()> {
        fs::create_dir_all(aside).map_err(|error| failed(aside, error))?;
        for (name, text) in &self.files {
            let path = aside.join(name);
            let write = || -> io::Result<()> {
                fs::write(&path, text)?;
                fs::File::open(&path)?.sync_all()
            };
            write().map_err(|error| failed(&path, error))?;
        }
        Ok(())
    }
}

/// Takes a folder away, but for the notes in it.
fn take_away(old: &Path, into: &Path) -> io::Result<()> {
    let id = old.file_name().unwrap_or_default().to_string_lossy();
    for entry in fs::read_dir(old)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.extension().is_some_and(|it| it == "md") {
            fs::rename(&path, into.join(format!("{id}.{name}")))?;
        }
    }
    fs::remove_dir_all(old)
}

fn failed(path: &Path, error: io::Error) -> Error {
    fault(
        &path.display().to_string(),
        format!("can't be written: {error}\nhelp: let the process write there, and squash again, or delete what is left of the migrations that gave their places up"),
    )
    .because(error)
}
