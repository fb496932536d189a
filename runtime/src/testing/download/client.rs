//! Runs the programs that fetch.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::progress::DownloadProgress;
use crate::testing::patient::{TELLS_WITHIN, kill, output, wait};

/// Tells whether a client is there at all.
pub(super) fn is_there(command: &[String]) -> bool {
    let mut version = Command::new(&command[0]);
    version.args(&command[1..]).arg("--version");
    output(&mut version, TELLS_WITHIN).is_ok_and(|said| said.status.success())
}

/// Runs a client in `directory` to its end, and returns what it printed.
///
/// A client that takes longer than `limit` is killed. What it says goes to files, so that it never waits for a reader.
pub(super) fn run(
    command: &mut Command,
    directory: &Path,
    limit: Duration,
    progress: &DownloadProgress,
) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let failed = |error: io::Error| format!("can't run `{name}`: {error}");
    let (said, complained) = (directory.join("stdout"), directory.join("stderr"));
    let mut child = command
        .current_dir(directory)
        .env("TMPDIR", directory)
        .stdin(Stdio::null())
        .stdout(File::create(&said).map_err(failed)?)
        .stderr(File::create(&complained).map_err(failed)?)
        .spawn()
        .map_err(failed)?;
    let ended = wait(&mut child, limit, || progress.update()).map_err(failed)?;
    let Some(status) = ended else {
        kill(&mut child);
        return Err(format!("`{name}` was not done after {} s", limit.as_secs()));
    };
    let read = |path| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
    if status.success() {
        return Ok(read(&said));
    }
    // On a full disk, what it says of that may be cut off or missing.
    if is_full(directory) {
        return Err(no_space());
    }
    let why = gist(&read(&complained)).or_else(|| gist(&read(&said)));
    Err(why.unwrap_or_else(|| format!("`{name}` failed: {status}")))
}

/// Tells whether nothing more can be written.
fn is_full(directory: &Path) -> bool {
    let probe = directory.join("probe");
    let written = fs::write(&probe, vec![1; 64 * 1024]);
    // It may not even be there.
    let _ = fs::remove_file(&probe);
    written.is_err_and(|error| error.kind() == io::ErrorKind::StorageFull)
}

fn no_space() -> String {
    "no space is left on the device".to_owned()
}

/// The line of a client's complaints that says why: the last error, without the places in its code, and without what only
/// points elsewhere.
fn gist(text: &str) -> Option<String> {
    if text.contains("No space left on device") {
        return Some(no_space());
    }
    let is_place = |line: &&str| line.starts_with(' ') || line.starts_with("Traceback ");
    let lines = || {
        let lines = text.lines().filter(|line| !is_place(line));
        lines.map(str::trim).filter(|line| !line.is_empty())
    };
    let is_error = |line: &&str| {
        let line = line.to_lowercase();
        line.contains("error") || line.contains("curl:")
    };
    let is_noise = |line: &&str| line.contains("log of this run");
    let line = lines()
        .rfind(|line| is_error(line) && !is_noise(line))
        .or_else(|| lines().next_back())?;
    Some(line.chars().take(300).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_error_of_a_client_says_why() {
        let pip = "WARNING: Retrying\nERROR: Could not find a version\nERROR: No matching distribution found\n";
        assert_eq!(gist(pip).unwrap(), "ERROR: No matching distribution found");
        let npm = "npm error code ENOTFOUND\nnpm error network no internet\nnpm error A complete log of this run can be found in: /x\n";
        assert_eq!(gist(npm).unwrap(), "npm error network no internet");
        assert_eq!(gist("Segmentation fault\n").unwrap(), "Segmentation fault");
        assert_eq!(gist(" \n"), None);
        let trace = "ERROR: Exception:\nTraceback (most recent call last):\n  File \"x.py\", line 1, in run\n    \
                     with self._error_catcher():\n";
        assert_eq!(gist(trace).unwrap(), "ERROR: Exception:");
        let full = format!("{trace}OSError: [Errno 28] No space left on device: '/x'\n");
        assert_eq!(gist(&full).unwrap(), "no space is left on the device");
    }
}
