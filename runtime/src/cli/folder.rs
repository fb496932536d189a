//! Where the application's files are: its migrations and its `tenantry.toml`.

use std::env;
use std::path::{Path, PathBuf};

/// The folder of the migrations, unless another is named.
const MIGRATIONS: &str = "migrations";

/// The folders that the application's files may be in, the likeliest first.
///
/// That of the package that `cargo run` runs; the current one; and those above it that have a `Cargo.toml`.
#[derive(Debug)]
pub(super) struct Folders {
    all: Vec<PathBuf>,
    /// The current folder, for messages.
    current: PathBuf,
}

impl Folders {
    pub(super) fn of_this_process() -> Self {
        let package = env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        Self::new(env::current_dir().unwrap_or_default(), package)
    }

    fn new(current: PathBuf, package: Option<PathBuf>) -> Self {
        // A program that is run by a test of another package inherits the name of that one.
        let package =
            package.filter(|package| package.starts_with(&current) || current.starts_with(package));
        let above = current
            .ancestors()
            .skip(1)
            .filter(|folder| folder.join("Cargo.toml").is_file());
        let mut all: Vec<PathBuf> = Vec::new();
        let here = [current.clone()];
        for folder in package
            .iter()
            .chain(&here)
            .map(PathBuf::as_path)
            .chain(above)
        {
            // What is here is shown as it would be typed here.
            let folder = if folder == current {
                Path::new("")
            } else {
                folder
            };
            if !all.iter().any(|known| known == folder) {
                all.push(folder.to_owned());
            }
        }
        Self { all, current }
    }

    /// The folder of the migrations: the first that is there, or else the one to make.
    pub(super) fn migrations(&self) -> PathBuf {
        self.find(MIGRATIONS).unwrap_or_else(|| {
            let is_package =
                |folder: &&PathBuf| self.current.join(folder).join("Cargo.toml").is_file();
            let package = self.all.iter().find(is_package);
            package.cloned().unwrap_or_default().join(MIGRATIONS)
        })
    }

    /// The first file or folder of this name that is there.
    pub(super) fn find(&self, name: &str) -> Option<PathBuf> {
        let mut paths = self.all.iter().map(|folder| folder.join(name));
        paths.find(|path| self.current.join(path).exists())
    }

    /// The paths that were looked at for the migrations.
    pub(super) fn looked(&self) -> String {
        let paths = self.all.iter().map(|folder| {
            let path = self.current.join(folder).join(MIGRATIONS);
            format!("`{}`", path.display())
        });
        paths.collect::<Vec<_>>().join(", ")
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// A workspace with a package that has migrations, and one that has none.
    fn workspace() -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        for folder in ["app/src/bin", "app/migrations", "other/src"] {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        for file in ["Cargo.toml", "app/Cargo.toml", "other/Cargo.toml"] {
            fs::write(root.path().join(file), "").unwrap();
        }
        root
    }

    #[test]
    fn the_migrations_are_found_from_below_the_package_and_by_cargo_run() {
        let root = workspace();
        let at = |current: &str, package: Option<&str>| {
            let package = package.map(|package| root.path().join(package));
            Folders::new(root.path().join(current), package).migrations()
        };
        let found = root.path().join("app/migrations");
        assert_eq!(at("app", None), Path::new("migrations"));
        assert_eq!(at("app/src/bin", None), found);
        assert_eq!(at("", Some("app")), found);
        assert_eq!(at("app", Some("app")), Path::new("migrations"));
        // The package of a test that runs the program is none of its business.
        assert_eq!(at("app/src", Some("other")), found);
    }

    #[test]
    fn the_first_migrations_are_made_beside_the_manifest() {
        let root = workspace();
        let at = |current: &str, package: Option<&str>| {
            let package = package.map(|package| root.path().join(package));
            Folders::new(root.path().join(current), package).migrations()
        };
        assert_eq!(at("other/src", None), root.path().join("other/migrations"));
        assert_eq!(at("other", None), Path::new("migrations"));
        assert_eq!(at("", Some("other")), root.path().join("other/migrations"));
        let alone = tempfile::tempdir().unwrap();
        let folders = Folders::new(alone.path().to_owned(), None);
        assert_eq!(folders.migrations(), Path::new("migrations"));
        let looked = format!("`{}`", alone.path().join("migrations").display());
        assert_eq!(folders.looked(), looked);
    }
}
