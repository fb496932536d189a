//! Runs the programs that fetch.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use super::progress::Progress;

/// Tells whether a client is there at all.
pub(super) fn is_there(command: &[String]) -> bool {
    Command::new(&command[0])
        .args(&command[1..])
        .arg("--version")
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

/// Runs a client in `directory` to its end, and returns what it printed.
///
/// A client that takes longer than `limit` is killed. What it says goes to files, so that it never waits for a reader.
pub(super) fn run(
    command: &mut Command,
    directory: &Path,
    limit: Duration,
    progress: &Progress,
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
    let started = Instant::now();
    let status = loop {
        if let Some(status) = child.try_wait().map_err(failed)? {
            break status;
        }
        if started.elapsed() > limit {
            // It may have ended just now; and who was killed has to be waited for.
            let _ = child.kill().and_then(|()| child.wait().map(drop));
            return Err(format!("`{name}` was not done after {} s", limit.as_secs()));
        }
        progress.update();
        thread::sleep(Duration::from_millis(50));
    };
    let read = |path| String::from_utf8_lossy(&fs::read(path).unwrap_or_default()).into_owned();
    if status.success() {
        return Ok(read(&said));
    }
    let why = gist(&read(&complained)).or_else(|| gist(&read(&said)));
    Err(why.unwrap_or_else(|| format!("`{name}` failed: {status}")))
}

/// The line of a client's complaints that says why: the last error, without what only points elsewhere.
fn gist(text: &str) -> Option<String> {
    let lines = || text.lines().map(str::trim).filter(|line| !line.is_empty());
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
    }
}
