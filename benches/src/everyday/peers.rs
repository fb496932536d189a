//! Other libraries, in programs of their own that are told slice by slice what to do.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use super::contender::Contender;
use super::unit::{Slice, WORKS};

/// The libraries, as the program knows and the table names them, and whether each is asynchronous.
pub(crate) const PEERS: [(&str, &str, bool); 4] = [
    ("diesel", "diesel 2.3", false),
    ("diesel-async", "diesel-async 0.9", true),
    ("sqlx", "sqlx 0.9", true),
    ("sea-orm", "sea-orm 2.0", true),
];

/// A library in a program of its own.
pub(crate) struct Peer {
    process: Child,
    asks: ChildStdin,
    answers: BufReader<ChildStdout>,
}

/// Builds the program of the libraries, which is no part of this workspace, lest it decide on versions here.
pub(crate) fn build() {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers/Cargo.toml");
    let built = Command::new("cargo")
        .args([
            "build",
            "--release",
            "--quiet",
            "--locked",
            "--manifest-path",
        ])
        .arg(manifest)
        .args(["--target-dir"])
        .arg(target())
        .status();
    assert!(
        built.is_ok_and(|status| status.success()),
        "the other libraries need the headers of libpq; `--no-packages` leaves them out"
    );
}

fn target() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/peers")
}

impl Peer {
    pub(crate) fn new(name: &str, url: &str) -> Self {
        let mut process = Command::new(target().join("release/peers"))
            .args([name, url])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("it was built");
        let asks = process.stdin.take().expect("it is piped");
        let answers = BufReader::new(process.stdout.take().expect("it is piped"));
        Self {
            process,
            asks,
            answers,
        }
    }
}

impl Contender for Peer {
    fn run(&mut self, slice: Slice) {
        self.measure(slice);
    }

    fn measure(&mut self, slice: Slice) -> (Duration, Duration) {
        let Slice {
            work,
            tenants,
            statements,
            first,
            units,
        } = slice;
        let work = WORKS.iter().position(|(listed, _)| *listed == work);
        let work = work.expect("all are listed");
        writeln!(self.asks, "{work} {tenants} {statements} {first} {units}")
            .expect("the program listens");
        let mut line = String::new();
        self.answers
            .read_line(&mut line)
            .expect("the program answers");
        let mut numbers = line
            .split_whitespace()
            .map(|number| number.parse().expect("nanoseconds"));
        let mut next = || Duration::from_nanos(numbers.next().expect("two numbers"));
        (next(), next())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        // Whoever is killed has done its work.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
