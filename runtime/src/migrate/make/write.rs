//! Writing migrations to disk, whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::{NewMigration, NewMigrations};
use crate::error::Result;
use crate::migrate::chain::files::{STATE, fault};
#[cfg(feature = "cli")]
use crate::model::PlacementKind;

impl NewMigrations {
    /// Writes the migrations into the folder of the chain, and then the state that they lead to. Gives the paths of
    /// what was written.
    ///
    /// Each appears as a whole, under its name, or not at all. What is there already is never overwritten, except for
    /// the state.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Chain`](crate::ErrorKind::Chain), when a folder of the same name is there, or nothing can be
    /// written.
    pub fn write(&self, folder: &Path) -> Result<Vec<PathBuf>> {
        fs::create_dir_all(folder).map_err(|error| failed(folder, error))?;
        let mut written = Vec::new();
        for migration in &self.migrations {
            written.extend(write_migration(folder, migration)?);
        }
        if let Some(state) = &self.state {
            let path = folder.join(STATE);
            let aside = folder.join(format!(".{STATE}.{}", std::process::id()));
            write_file(&aside, state)?;
            fs::rename(&aside, &path).map_err(|error| failed(&path, error))?;
            written.push(path);
        }
        Ok(written)
    }
}

#[cfg(feature = "cli")]
impl NewMigrations {
    /// Adds SQL before and after that of the first migration. There is none to undo it, so the migration can't be undone either.
    pub(crate) fn around(mut self, placement: PlacementKind, before: &str, after: &str) -> Self {
        let (up, down) = match placement {
            PlacementKind::Shared => ("shared.up.sql", "shared.down.sql"),
            PlacementKind::Tenant => ("tenant.up.sql", "tenant.down.sql"),
        };
        let Some(migration) = self.migrations.first_mut() else {
            return self;
        };
        if before.is_empty() && after.is_empty() {
            return self;
        }
        let files = &mut migration.files;
        files.retain(|(name, _)| *name != down);
        if !files.iter().any(|(name, _)| *name == up) {
            files.push((up, String::new()));
        }
        let Some((_, between)) = files.iter_mut().find(|(name, _)| *name == up) else {
            return self;
        };
        let parts = [before.trim_end(), between.trim_end(), after.trim_end()];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        *between = parts.join("\n\n") + "\n";
        self
    }
}

fn write_migration(folder: &Path, migration: &NewMigration) -> Result<Vec<PathBuf>> {
    let path = folder.join(migration.id());
    if path.exists() {
        return Err(fault(
            &path.display().to_string(),
            "is there already\nhelp: choose another name, or delete the folder if it was not finished",
        ));
    }
    // A name that begins with a dot is passed over when the chain is read.
    let aside = folder.join(format!(".{}.{}", migration.id(), std::process::id()));
    let written = write_aside(&aside, migration)
        .and_then(|()| fs::rename(&aside, &path).map_err(|error| failed(&path, error)));
    if let Err(error) = written {
        // What is left of it is passed over; that it can't be deleted is not what went wrong.
        let _ = fs::remove_dir_all(&aside);
        return Err(error);
    }
    Ok(migration.files().map(|(name, _)| path.join(name)).collect())
}

fn write_aside(aside: &Path, migration: &NewMigration) -> Result<()> {
    fs::create_dir_all(aside).map_err(|error| failed(aside, error))?;
    for (name, text) in migration.files() {
        write_file(&aside.join(name), text)?;
    }
    Ok(())
}

fn write_file(path: &Path, text: &str) -> Result<()> {
    let write = || -> io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|error| failed(path, error))
}

fn failed(path: &Path, error: io::Error) -> crate::error::Error {
    fault(
        &path.display().to_string(),
        format!(
            "can't be written: {error}\nhelp: let the process write there, and make the migrations again"
        ),
    )
    .because(error)
}
