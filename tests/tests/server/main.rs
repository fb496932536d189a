//! The development server: found or started, and gone without a trace however the process ends.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first surprise, in its helpers too"
)]

mod databases;
mod environment;
mod settings;
mod traces;

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use postgres::NoTls;
use tenantry::testing::Server;
use tenantry_tests::wait::until;

fn is_alive(pid: &str) -> bool {
    Command::new("kill")
        .args(["-0", pid])
        .stderr(Stdio::null())
        .status()
        .unwrap()
        .success()
}

fn databases(server: &Server) -> BTreeSet<String> {
    let mut client = server.config().connect(NoTls).unwrap();
    let rows = client
        .query("SELECT datname::text FROM pg_catalog.pg_database", &[])
        .unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// A helper process, and what it announced.
struct Holder {
    process: Child,
    server_pid: String,
    directory: PathBuf,
    database: String,
}

impl Holder {
    fn run(way: &str, database_url: Option<&str>) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_server_holder"));
        command.arg(way).env_remove("DATABASE_URL").process_group(0);
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        if let Some(url) = database_url {
            command.env("DATABASE_URL", url);
        }
        let mut process = command.spawn().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let mut lines = output.lines().map(Result::unwrap);
        let mut line = || lines.next().expect("the helper announces three lines");
        let (server_pid, log, database) = (line(), line(), line());
        let directory = Path::new(&log).parent().unwrap_or(Path::new("")).to_owned();
        Self {
            process,
            server_pid,
            directory,
            database,
        }
    }

    /// Sends a signal to the whole process group, as a terminal does at Ctrl-C.
    fn signal_group(&self, signal: &str) {
        let group = format!("-{}", self.process.id());
        let status = Command::new("kill")
            .args([signal, "--", &group])
            .status()
            .unwrap();
        assert!(status.success());
    }

    fn assert_traceless(mut self) {
        self.process.wait().unwrap();
        until("the server is stopped", || !is_alive(&self.server_pid));
        until("its directory is deleted", || !self.directory.exists());
    }
}

fn throw_away(way: &str) -> Holder {
    let holder = Holder::run(way, None);
    assert!(holder.directory.is_absolute() && !holder.server_pid.is_empty());
    holder
}

/// A process whose server is known to run, so that its absence later means something.
fn running() -> Holder {
    let holder = throw_away("wait");
    assert!(is_alive(&holder.server_pid));
    assert!(holder.directory.join("data/PG_VERSION").exists());
    holder
}

/// Output of a process that finds no server.
fn failure(variable: &str, value: &str) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_server_holder"))
        .arg("static")
        .env_remove("DATABASE_URL")
        .env(variable, value)
        .output()
        .unwrap();
    assert!(!output.status.success());
    String::from_utf8(output.stderr).unwrap()
}
