//! The directory that fetched servers are kept in.

use std::cmp::Reverse;
use std::env;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::thread;
use std::time::{Duration, Instant};

use rustix::fs::{FlockOperation, flock};

use super::manifest::ServerManifest;
use super::progress::tell;
use super::source::DownloadSource;
use super::unpack;
use crate::random::random;
use crate::testing::ServerError;
use crate::testing::binaries::{NEWEST, OLDEST, release};
use crate::testing::patient::{TELLS_WITHIN, output};
use crate::testing::user::{self, Account};

/// A directory with one directory for each fetched server.
///
/// Whoever changes anything in it holds its lock, which the system gives back when the process is gone.
#[derive(Debug)]
pub(super) struct Cache {
    path: PathBuf,
    /// The account that the server will run under, if it is not that of this process.
    account: Option<Account>,
}

/// A server that has just been put into the cache.
#[derive(Debug)]
pub(super) struct KeptServer {
    pub(super) version: String,
    pub(super) directory: PathBuf,
    pub(super) binaries: PathBuf,
}

/// A directory for what is not finished. Dropping it deletes it with what is left in it.
#[derive(Debug)]
pub(super) struct Staging(PathBuf);

/// Beginning of the names of unfinished directories.
const STAGING: &str = ".staging-";

impl Cache {
    /// The cache of the account that this process runs under: below `XDG_CACHE_HOME`, or else the home directory.
    ///
    /// Root's home is closed to the account that root's servers run under, so root's cache is below `/var/cache`, unless
    /// `XDG_CACHE_HOME` names a directory that is open to all.
    pub(super) fn of_this_account() -> Result<Self, ServerError> {
        let account = user::unprivileged()?;
        let named = env::var_os("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .filter(|path| path.is_absolute())
            .filter(|path| account.is_none() || is_open_to_all(path));
        let parent = named.unwrap_or_else(|| match account {
            Some(_) => "/var/cache".into(),
            None => env::home_dir().map_or_else(env::temp_dir, |home| home.join(".cache")),
        });
        Ok(Self::new(parent.join("tenantry"), account))
    }

    pub(super) fn new(path: PathBuf, account: Option<Account>) -> Self {
        Self { path, account }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the programs of the best server that is whole and runs here.
    pub(super) fn find(&self) -> Option<PathBuf> {
        self.servers().iter().find_map(|server| {
            let manifest = ServerManifest::read(server)?;
            let binaries = server.join(&manifest.binaries);
            (manifest.looks_whole(server) && self.try_out(&binaries).is_ok()).then_some(binaries)
        })
    }

    /// Waits until nobody else changes the cache, and keeps others out until the result is dropped.
    ///
    /// # Errors
    ///
    /// When somebody else changes it for longer than that.
    pub(super) fn lock(&self, limit: Duration) -> Result<File, ServerError> {
        let failed = |action, path: &Path, source| ServerError::Io {
            action,
            path: path.to_owned(),
            source,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o755)
            .create(&self.path)
            .and_then(|()| match self.account {
                // Whatever the mask for new files is.
                Some(_) => open(&self.path),
                None => Ok(()),
            })
            .map_err(|source| failed("make the directory", &self.path, source))?;
        let path = self.path.join("lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .mode(0o644)
            .open(&path)
            .map_err(|source| failed("open", &path, source))?;
        if flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
            tell("another process fetches PostgreSQL; waiting for it");
            // The system's own wait has no limit.
            let since = Instant::now();
            while flock(&file, FlockOperation::NonBlockingLockExclusive).is_err() {
                if since.elapsed() > limit {
                    let why = format!("another process has had it for {} s", limit.as_secs());
                    let why = io::Error::new(io::ErrorKind::TimedOut, why);
                    return Err(failed("lock", &path, why));
                }
                thread::sleep(Duration::from_millis(50));
            }
        }
        Ok(file)
    }

    /// Deletes what killed processes left, and servers that are of no use. Needs the lock.
    pub(super) fn clear(&self) {
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        let unfinished = entries
            .filter(|entry| {
                entry
                    .file_name()
                    .as_encoded_bytes()
                    .starts_with(STAGING.as_bytes())
            })
            .map(|entry| entry.path());
        for path in unfinished.chain(self.servers()) {
            self.remove(&path);
        }
    }

    /// Makes a directory for something unfinished. Needs the lock.
    pub(super) fn staging(&self) -> Result<Staging, ServerError> {
        let path = self.path.join(format!("{STAGING}{:016x}", random()));
        match fs::create_dir(&path) {
            Ok(()) => Ok(Staging(path)),
            Err(source) => Err(ServerError::Io {
                action: "make the directory",
                path,
                source,
            }),
        }
    }

    /// Takes an unpacked server in, once its programs have shown that they run. Needs the lock.
    pub(super) fn adopt(
        &self,
        contents: &Path,
        source: &DownloadSource,
    ) -> Result<KeptServer, String> {
        let programs = unpack::programs(contents).ok_or("has no `postgres` and `initdb` in it")?;
        unpack::open_to_all(contents, &programs).map_err(|error| error.to_string())?;
        // The directory that it lies in is closed until now.
        let staging = contents.parent().unwrap_or(contents);
        open(staging).map_err(|error| error.to_string())?;
        let (major, version) = self.try_out(&programs)?;
        let manifest =
            ServerManifest::of(contents, &programs).map_err(|error| error.to_string())?;
        manifest
            .write(contents)
            .map_err(|error| error.to_string())?;
        let directory = self.path.join(format!(
            "postgresql-{major}-{}{}",
            source.name(),
            platform()
        ));
        // There is none, or it was cleared away, unless it could not be deleted.
        self.remove(&directory);
        fs::rename(contents, &directory)
            .map_err(|error| format!("can't rename to `{}`: {error}", directory.display()))?;
        Ok(KeptServer {
            version,
            binaries: directory.join(manifest.binaries),
            directory,
        })
    }

    /// Tells whether the programs are of this cache, and their server's files are not what they were.
    pub(super) fn is_damaged(&self, binaries: &Path) -> bool {
        self.server_of(binaries).is_some_and(|server| {
            !ServerManifest::read(&server).is_some_and(|manifest| manifest.is_whole(&server))
        })
    }

    /// Deletes the server of these programs. Needs the lock.
    pub(super) fn discard(&self, binaries: &Path) {
        if let Some(server) = self.server_of(binaries) {
            self.remove(&server);
        }
    }

    fn server_of(&self, binaries: &Path) -> Option<PathBuf> {
        let below = binaries.strip_prefix(&self.path).ok()?;
        Some(self.path.join(below.components().next()?))
    }

    /// The directories of servers for this platform, the best first: tested releases, the newest of them first.
    fn servers(&self) -> Vec<PathBuf> {
        let platform = platform();
        let entries = fs::read_dir(&self.path).into_iter().flatten().flatten();
        let mut servers: Vec<(u32, PathBuf)> = entries
            .filter_map(|entry| {
                let name = entry.file_name();
                let name = name.to_str()?.strip_suffix(&platform)?;
                let (major, _) = name.strip_prefix("postgresql-")?.split_once('-')?;
                Some((major.parse().ok()?, entry.path()))
            })
            .collect();
        servers.sort_by_key(|(major, _)| Reverse((*major <= NEWEST, *major)));
        servers.into_iter().map(|(_, path)| path).collect()
    }

    /// Runs the programs as the account of the server, and returns their release.
    fn try_out(&self, binaries: &Path) -> Result<(u32, String), String> {
        for program in ["initdb", "postgres"] {
            let mut command = Command::new(binaries.join(program));
            command.arg("--version").current_dir("/");
            if let Some(Account { uid, gid }) = self.account {
                command.uid(uid).gid(gid);
            }
            let output = output_of(&mut command)
                .map_err(|error| format!("its `{program}` does not run here: {error}"))?;
            if !output.status.success() {
                let said = String::from_utf8_lossy(&output.stderr);
                let said = said.lines().next().unwrap_or_default();
                return Err(format!("its `{program}` does not run here: {said}"));
            }
        }
        match release(binaries) {
            Some((major, version)) if major >= OLDEST => Ok((major, version)),
            Some((_, version)) => Err(format!("too old, {version}")),
            None => Err("its `postgres` does not tell its release".to_owned()),
        }
    }

    /// Gets rid of a directory at once, also of one that somebody is still writing to.
    fn remove(&self, path: &Path) {
        let aside = self.path.join(format!("{STAGING}{:016x}", random()));
        // What can't be deleted now is left for the next process.
        if fs::rename(path, &aside).is_ok() {
            let _ = fs::remove_dir_all(aside);
        }
    }
}

impl Staging {
    pub(super) fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs a program that was written a moment ago: a thread that has just forked may still hold it open for writing.
fn output_of(command: &mut Command) -> io::Result<Output> {
    for _ in 0..100 {
        match output(command, TELLS_WITHIN) {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                thread::sleep(Duration::from_millis(10));
            }
            output => return output,
        }
    }
    output(command, TELLS_WITHIN)
}

/// The end of a directory's name. A home directory may be shared by machines of several kinds.
fn platform() -> String {
    format!("-{}-{}", env::consts::OS, env::consts::ARCH)
}

/// Lets every account read a directory or run a program.
fn open(path: &Path) -> io::Result<()> {
    fs::set_permissions(path, PermissionsExt::from_mode(0o755))
}

/// Tells whether every account can get at what is in a directory, or will be able to once it is made.
fn is_open_to_all(directory: &Path) -> bool {
    directory.ancestors().all(|ancestor| {
        fs::metadata(ancestor).map_or_else(
            |error| error.kind() == io::ErrorKind::NotFound,
            |metadata| metadata.permissions().mode() & 0o001 != 0,
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lock_that_is_never_given_back_is_told() {
        let root = tempfile::tempdir().unwrap();
        let cache = Cache::new(root.path().join("tenantry"), None);
        let held = cache.lock(Duration::ZERO).unwrap();
        let error = cache.lock(Duration::from_millis(10)).unwrap_err();
        let told = error.to_string();
        assert!(told.contains("another process has had it for"), "{told}");
        drop(held);
        // A program that another test starts may have the file for a moment.
        cache.lock(Duration::from_mins(1)).unwrap();
    }
}
