//! Fetches a server where none is installed, and keeps it for the next time.

mod cache;
mod client;
mod manifest;
mod progress;
mod source;
mod unpack;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use self::cache::Cache;
use self::progress::DownloadProgress;
use self::source::DownloadSource;
use super::ServerError;

/// How long another process is waited for that fetches a server: longer than all sources may take together.
const FETCHED_WITHIN: Duration = Duration::from_mins(45);

/// Returns the directory of a fetched server's programs: from the cache, or else from the first source that answers.
///
/// # Errors
///
/// `NoServer` with what every source said, after what was `looked` at before.
pub(super) fn binaries(looked: Vec<String>) -> Result<PathBuf, ServerError> {
    obtain(&Cache::of_this_account()?, &DownloadSource::all(), looked)
}

/// Makes a fetched server anew if its files are no longer what they were when they were unpacked.
///
/// Returns `None` where nothing is wrong with the files, or they are none of the cache's.
///
/// # Errors
///
/// As [`binaries`].
pub(super) fn repaired(binaries: &Path) -> Result<Option<PathBuf>, ServerError> {
    repair(&Cache::of_this_account()?, &DownloadSource::all(), binaries)
}

fn obtain(
    cache: &Cache,
    sources: &[DownloadSource],
    mut looked: Vec<String>,
) -> Result<PathBuf, ServerError> {
    if let Some(found) = cache.find() {
        return Ok(found);
    }
    let _lock = match cache.lock(FETCHED_WITHIN) {
        Ok(lock) => lock,
        Err(error) => {
            looked.push(format!(
                "the cache: {error}; `XDG_CACHE_HOME` may name another place"
            ));
            return Err(ServerError::NoServer { looked });
        }
    };
    // Whoever held the lock before may have fetched what is wanted.
    if let Some(found) = cache.find() {
        return Ok(found);
    }
    cache.clear();
    looked.push(format!("the cache (`{}`): empty", cache.path().display()));
    for source in sources {
        match install(cache, source)? {
            Ok(found) => return Ok(found),
            Err(why) => looked.push(format!("{}: {why}", source.title())),
        }
    }
    Err(ServerError::NoServer { looked })
}

fn repair(
    cache: &Cache,
    sources: &[DownloadSource],
    binaries: &Path,
) -> Result<Option<PathBuf>, ServerError> {
    if !cache.is_damaged(binaries) {
        return Ok(None);
    }
    {
        let _lock = cache.lock(FETCHED_WITHIN)?;
        if cache.is_damaged(binaries) {
            cache.discard(binaries);
        }
    }
    obtain(cache, sources, Vec::new()).map(Some)
}

/// Fetches a server from one source. Returns why not, where it is the source that fails, and no error.
///
/// Everything is made ready in a directory beside the final one, which is then renamed: so it is whole or absent.
fn install(cache: &Cache, source: &DownloadSource) -> Result<Result<PathBuf, String>, ServerError> {
    let staging = cache.staging()?;
    let progress = DownloadProgress::start(source.title(), source.about_bytes(), staging.path());
    let done = source.fetch(staging.path(), &progress).and_then(|archive| {
        progress.unpacks();
        let contents = staging.path().join("contents");
        unpack::unpack(&archive, &contents).map_err(|error| error.to_string())?;
        // It is not kept, and its room may be needed.
        let _ = fs::remove_file(&archive);
        cache.adopt(&contents, source)
    });
    drop(progress);
    Ok(done.map(|kept| {
        progress::tell(&format!(
            "fetched PostgreSQL {} with {} into `{}`",
            kept.version,
            source.title(),
            kept.directory.display()
        ));
        kept.binaries
    }))
}

#[cfg(test)]
mod tests;
