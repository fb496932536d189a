//! Programs that are told line by line what to do, and answer each line with numbers.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A program that answers.
pub(crate) struct Process {
    child: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Process {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it was built");
        let asks = child.stdin.take().expect("it is piped");
        let answers = BufReader::new(child.stdout.take().expect("it is piped"));
        Self {
            child,
            asks,
            answers,
        }
    }

    /// Tells it a line, and waits for the numbers of its answer.
    pub(crate) fn ask<const N: usize>(&mut self, line: &str) -> [u64; N] {
        writeln!(self.asks, "{line}").expect("the program listens");
        let mut line = String::new();
        self.answers
            .read_line(&mut line)
            .expect("the program answers");
        let numbers: Vec<u64> = line
            .split_whitespace()
            .map(|number| number.parse().expect("a number"))
            .collect();
        let numbers = numbers.try_into();
        numbers.unwrap_or_else(|_| panic!("{N} numbers are expected, and not `{line}`"))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Whoever is killed has done its work.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Builds a program of `peers`, which is no part of this workspace, lest its libraries decide on versions here.
pub(crate) fn build(program: &str, feature: &str, needs: &str) {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/Cargo.toml");
    let built = Command::new("cargo")
        .args(["build", "--release", "--quiet", "--locked"])
        .args(["--features", feature, "--bin", program, "--manifest-path"])
        .arg(manifest)
        .arg("--target-dir")
        .arg(target())
        .status();
    assert!(
        built.is_ok_and(|status| status.success()),
        "`{program}` of the peers could not be built: {needs}; `--no-packages` leaves it out"
    );
}

/// The path of a program of `peers`.
pub(crate) fn peer(program: &str) -> PathBuf {
    target().join("release").join(program)
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/peers")
}
