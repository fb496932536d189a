//! Finds the programs of an installed PostgreSQL.

use std::cmp::Reverse;
use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::ServerError;
use super::patient::{TELLS_WITHIN, output};

/// The oldest release that tenantry is for.
pub(super) const OLDEST: u32 = 15;
/// The newest release that it is tested with; later ones are taken only where none of these is there.
pub(super) const NEWEST: u32 = 18;

/// Where to look for the programs.
#[derive(Debug)]
pub(super) struct BinaryPlaces {
    /// `TENANTRY_PG_BIN`; where it is set, nothing else counts.
    named: Option<PathBuf>,
    /// `PATH`.
    path: Option<OsString>,
    /// The program that knows where the others are.
    pg_config: PathBuf,
    /// Where packagers put one directory for each release.
    releases: Vec<Releases>,
}

/// Directories `parent/prefix*/bin`.
#[derive(Debug)]
struct Releases {
    parent: PathBuf,
    prefix: &'static str,
}

impl BinaryPlaces {
    /// The places of this system and environment.
    pub(super) fn of_this_system() -> Self {
        let releases = [
            ("/usr/lib/postgresql", ""),
            ("/opt/homebrew/opt", "postgresql@"),
            ("/usr/local/opt", "postgresql@"),
            ("/usr", "pgsql-"),
        ];
        Self {
            named: env::var_os("TENANTRY_PG_BIN")
                .filter(|value| !value.is_empty())
                .map(PathBuf::from),
            path: env::var_os("PATH"),
            pg_config: "pg_config".into(),
            releases: releases
                .map(|(parent, prefix)| Releases {
                    parent: parent.into(),
                    prefix,
                })
                .into(),
        }
    }

    /// Tells whether the environment names the directory of programs.
    #[cfg(feature = "download")]
    pub(super) fn are_named(&self) -> bool {
        self.named.is_some()
    }

    /// Returns the first directory that holds a PostgreSQL of a supported release.
    ///
    /// # Errors
    ///
    /// `TooOld` if there are older ones only, else `NoServer` with what was looked at.
    pub(super) fn find(&self) -> Result<PathBuf, ServerError> {
        let mut looked = Vec::new();
        let mut too_old = None;
        for (place, directories) in self.candidates() {
            let mut verdict = "holds no `postgres` and `initdb`".to_owned();
            for directory in directories {
                match release(&directory) {
                    Some((major, _)) if major >= OLDEST => return Ok(directory),
                    Some((_, version)) => {
                        verdict = format!("too old, {version}");
                        let place = format!("`{}`", directory.display());
                        too_old.get_or_insert(ServerError::TooOld { place, version });
                    }
                    None => {}
                }
            }
            looked.push(format!("{place}: {verdict}"));
        }
        Err(too_old.unwrap_or(ServerError::NoServer { looked }))
    }

    /// The directories of each place, in the order of preference.
    fn candidates(&self) -> Vec<(String, Vec<PathBuf>)> {
        if let Some(named) = &self.named {
            return vec![(
                format!("`TENANTRY_PG_BIN` ({})", named.display()),
                vec![named.clone()],
            )];
        }
        let path = self
            .path
            .as_ref()
            .map(|path| env::split_paths(path).collect())
            .unwrap_or_default();
        let mut places = vec![
            ("`PATH`".to_owned(), path),
            (
                "`pg_config --bindir`".to_owned(),
                bindir(&self.pg_config).into_iter().collect(),
            ),
        ];
        places.extend(self.releases.iter().map(|releases| {
            let name = format!("`{}/{}*/bin`", releases.parent.display(), releases.prefix);
            (name, releases.directories())
        }));
        places
    }
}

impl Releases {
    /// Tested releases first, newest first.
    fn directories(&self) -> Vec<PathBuf> {
        let mut found: Vec<(u32, PathBuf)> = fs::read_dir(&self.parent)
            .into_iter()
            .flatten()
            .filter_map(|entry| {
                let entry = entry.ok()?;
                let major = entry
                    .file_name()
                    .to_str()?
                    .strip_prefix(self.prefix)?
                    .parse()
                    .ok()?;
                Some((major, entry.path().join("bin")))
            })
            .collect();
        found.sort_by_key(|(major, _)| Reverse((*major <= NEWEST, *major)));
        found.into_iter().map(|(_, directory)| directory).collect()
    }
}

fn bindir(pg_config: &Path) -> Option<PathBuf> {
    let output = output(Command::new(pg_config).arg("--bindir"), TELLS_WITHIN).ok()?;
    let directory = String::from_utf8(output.stdout).ok()?;
    let directory = directory.trim();
    (output.status.success() && !directory.is_empty()).then(|| directory.into())
}

/// Asks the server program of `directory` for its release: the number of it and the whole text.
pub(super) fn release(directory: &Path) -> Option<(u32, String)> {
    if !directory.is_absolute() || !directory.join("initdb").is_file() {
        return None;
    }
    let mut command = Command::new(directory.join("postgres"));
    let output = output(command.arg("--version"), TELLS_WITHIN).ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    parse_release(&text)
}

/// Reads `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`.
fn parse_release(text: &str) -> Option<(u32, String)> {
    let version = text.split(") ").nth(1)?.split_whitespace().next()?;
    let digits = version.split(|c: char| !c.is_ascii_digit()).next()?;
    Some((digits.parse().ok()?, version.to_owned()))
}

#[cfg(unix)]
#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// Makes a directory with programs that say they are PostgreSQL `version`.
    fn install(directory: &Path, version: &str) {
        fs::create_dir_all(directory).unwrap();
        for program in ["postgres", "initdb"] {
            let file = directory.join(program);
            fs::write(
                &file,
                format!("#!/bin/sh\necho 'postgres (PostgreSQL) {version} (Test 1)'\n"),
            )
            .unwrap();
            fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }

    fn places(root: &Path) -> BinaryPlaces {
        BinaryPlaces {
            named: None,
            path: Some(root.join("path").into()),
            pg_config: root.join("no_pg_config"),
            releases: vec![Releases {
                parent: root.join("lib"),
                prefix: "pg-",
            }],
        }
    }

    #[test]
    fn the_newest_tested_release_is_preferred() {
        let root = tempfile::tempdir().unwrap();
        for version in ["9", "15", "17", "19"] {
            install(&root.path().join(format!("lib/pg-{version}/bin")), version);
        }
        assert_eq!(
            places(root.path()).find().unwrap(),
            root.path().join("lib/pg-17/bin")
        );
    }

    #[test]
    fn the_search_path_comes_before_directories_of_releases() {
        let root = tempfile::tempdir().unwrap();
        install(&root.path().join("lib/pg-17/bin"), "17.2");
        install(&root.path().join("path"), "16.1");
        assert_eq!(
            places(root.path()).find().unwrap(),
            root.path().join("path")
        );
    }

    #[test]
    fn an_old_release_is_passed_over_for_a_supported_one() {
        let root = tempfile::tempdir().unwrap();
        install(&root.path().join("path"), "13.9");
        install(&root.path().join("lib/pg-15/bin"), "15.2");
        assert_eq!(
            places(root.path()).find().unwrap(),
            root.path().join("lib/pg-15/bin")
        );
    }

    #[test]
    fn only_old_releases_are_an_error_that_names_the_version() {
        let root = tempfile::tempdir().unwrap();
        install(&root.path().join("path"), "13.9");
        let error = places(root.path()).find().unwrap_err();
        assert!(matches!(&error, ServerError::TooOld { version, .. } if version == "13.9"));
        assert!(error.to_string().contains("help: use PostgreSQL 15 to 18"));
    }

    #[test]
    fn a_named_directory_is_the_only_one_that_counts() {
        let root = tempfile::tempdir().unwrap();
        install(&root.path().join("path"), "16.1");
        let named = BinaryPlaces {
            named: Some(root.path().join("empty")),
            ..places(root.path())
        };
        let error = named.find().unwrap_err().to_string();
        assert!(error.contains("`TENANTRY_PG_BIN`"), "{error}");
    }

    #[test]
    fn nothing_found_lists_every_place_and_three_ways_out() {
        let root = tempfile::tempdir().unwrap();
        let error = places(root.path()).find().unwrap_err().to_string();
        for part in [
            "`PATH`",
            "`pg_config --bindir`",
            "pg-*/bin`",
            "1. set `DATABASE_URL`",
            "2. install",
            "3. ",
        ] {
            assert!(error.contains(part), "`{part}` is missing in:\n{error}");
        }
    }

    #[test]
    fn releases_are_read_from_what_the_program_says() {
        for (text, major) in [
            ("postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)\n", 15),
            ("postgres (PostgreSQL) 18beta1\n", 18),
            ("postgres (PostgreSQL) 9.6.24\n", 9),
        ] {
            assert_eq!(parse_release(text).map(|(major, _)| major), Some(major));
        }
        assert_eq!(parse_release("something else"), None);
    }
}
