//! Other libraries, in programs of their own that are told slice by slice what to do.

use std::process::Command;
use std::time::Duration;

use super::contender::Contender;
use super::unit::{Slice, WORKS};
use crate::process::{self, Process};

/// The libraries, as the program knows and the table names them, and whether each is asynchronous.
pub(crate) const PEERS: [(&str, &str, bool); 4] = [
    ("diesel", "diesel 2.3", false),
    ("diesel-async", "diesel-async 0.9", true),
    ("sqlx", "sqlx 0.9", true),
    ("sea-orm", "sea-orm 2.0", true),
];

/// A library in a program of its own.
pub(crate) struct Peer(Process);

/// Builds the program of the libraries.
pub(crate) fn build() {
    process::build("peers", "libraries", "it needs the headers of libpq");
}

impl Peer {
    pub(crate) fn new(name: &str, url: &str) -> Self {
        let mut program = Command::new(process::peer("peers"));
        program.args([name, url]);
        Self(Process::start(program))
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
        let line = format!("{work} {tenants} {statements} {first} {units}");
        let [wall, cpu] = self.0.ask(&line).map(Duration::from_nanos);
        (wall, cpu)
    }
}
