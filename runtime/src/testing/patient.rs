//! Programs that are waited for, and not for ever.

use std::io;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a program may take that only tells something about itself.
pub(super) const TELLS_WITHIN: Duration = Duration::from_secs(30);

/// The pause between two looks whether it has ended.
const PAUSE: Duration = Duration::from_millis(10);

/// Runs a program that says little, and returns what it says.
///
/// # Errors
///
/// [`io::ErrorKind::TimedOut`], when it takes longer than that: then it is killed.
pub(super) fn output(command: &mut Command, limit: Duration) -> io::Result<Output> {
    let command = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn()?;
    if wait(&mut child, limit, || {})?.is_some() {
        // What it has started may have its pipes still.
        return child.wait_with_output();
    }
    kill(&mut child);
    let why = format!("it was not done after {} s", limit.as_secs());
    Err(io::Error::new(io::ErrorKind::TimedOut, why))
}

/// Waits until a program has ended, as long as that takes less than a limit.
pub(super) fn wait(
    child: &mut Child,
    limit: Duration,
    mut meanwhile: impl FnMut(),
) -> io::Result<Option<ExitStatus>> {
    let started = Instant::now();
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if started.elapsed() > limit {
            return Ok(None);
        }
        meanwhile();
        thread::sleep(PAUSE);
    }
}

/// Ends a program at once.
pub(super) fn kill(child: &mut Child) {
    // It may have ended just now; and who was killed has to be waited for.
    let _ = child.kill().and_then(|()| child.wait().map(drop));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("/bin/sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_program_that_does_not_end_is_ended() {
        let mut sleeping = shell("exec sleep 600");
        let error = output(&mut sleeping, Duration::from_millis(50)).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut, "{error}");
        let told = output(&mut shell("echo 18; echo no >&2; exit 3"), TELLS_WITHIN).unwrap();
        assert_eq!(
            (told.status.code(), &told.stdout[..]),
            (Some(3), &b"18\n"[..])
        );
        assert_eq!(told.stderr, b"no\n");
    }
}
