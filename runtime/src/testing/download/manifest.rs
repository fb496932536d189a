//! The list of a fetched server's files, by which damage is noticed.

use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// The name of the file that the list is kept in, inside of the server's directory.
const FILE: &str = "tenantry.json";

/// The files of a server as they were unpacked.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct ServerManifest {
    /// The directory of the programs.
    pub(super) binaries: PathBuf,
    entries: BTreeMap<PathBuf, ManifestEntry>,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
enum ManifestEntry {
    File { bytes: u64, sha256: String },
    Link(PathBuf),
}

impl ServerManifest {
    /// Lists the files below `directory`, which has its programs in `binaries`.
    pub(super) fn of(directory: &Path, binaries: &Path) -> io::Result<Self> {
        let mut entries = BTreeMap::new();
        add(directory, Path::new(""), &mut entries)?;
        let binaries = binaries
            .strip_prefix(directory)
            .map_err(io::Error::other)?
            .to_owned();
        Ok(Self { binaries, entries })
    }

    /// Reads the list of a server, if there is one that can be read.
    pub(super) fn read(directory: &Path) -> Option<Self> {
        let text = fs::read(directory.join(FILE)).ok()?;
        let manifest: Self = serde_json::from_slice(&text).ok()?;
        manifest.binaries.is_relative().then_some(manifest)
    }

    pub(super) fn write(&self, directory: &Path) -> io::Result<()> {
        fs::write(directory.join(FILE), serde_json::to_vec(self)?)
    }

    /// Tells whether everything is there with its size, which takes some milliseconds.
    pub(super) fn looks_whole(&self, directory: &Path) -> bool {
        self.entries.iter().all(|(path, entry)| {
            let path = directory.join(path);
            match entry {
                ManifestEntry::File { bytes, .. } => {
                    fs::symlink_metadata(path).is_ok_and(|it| it.is_file() && it.len() == *bytes)
                }
                ManifestEntry::Link(target) => fs::read_link(path).is_ok_and(|it| it == *target),
            }
        })
    }

    /// Tells whether everything is there bit by bit, which may take seconds.
    pub(super) fn is_whole(&self, directory: &Path) -> bool {
        self.looks_whole(directory)
            && self.entries.iter().all(|(path, entry)| match entry {
                ManifestEntry::File { sha256, .. } => {
                    hash::<Sha256>(&directory.join(path)).is_ok_and(|it| hex(&it) == *sha256)
                }
                ManifestEntry::Link(_) => true,
            })
    }
}

fn add(
    directory: &Path,
    below: &Path,
    entries: &mut BTreeMap<PathBuf, ManifestEntry>,
) -> io::Result<()> {
    for entry in fs::read_dir(directory.join(below))? {
        let entry = entry?;
        let (kind, path) = (entry.file_type()?, below.join(entry.file_name()));
        if kind.is_dir() {
            add(directory, &path, entries)?;
        } else if kind.is_symlink() {
            entries.insert(path, ManifestEntry::Link(fs::read_link(entry.path())?));
        } else {
            let bytes = entry.metadata()?.len();
            let sha256 = hex(&hash::<Sha256>(&entry.path())?);
            entries.insert(path, ManifestEntry::File { bytes, sha256 });
        }
    }
    Ok(())
}

/// Hashes a file.
pub(super) fn hash<D: Digest>(path: &Path) -> io::Result<Vec<u8>> {
    Ok(D::digest(fs::read(path)?).to_vec())
}

/// Writes bytes in hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a string takes all text");
        text
    })
}
