//! Throw-away servers, run by a watchdog that outlives this process.

use std::env;
use std::fs;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use postgres::{Config, NoTls};

use super::ServerError;
use super::patient::wait;
use super::user::{self, Account};
use crate::exec::blocking;
use crate::random::random;

/// How long `initdb` and the start may take together; about one second is usual.
const READY_WITHIN: Duration = Duration::from_mins(2);
/// How long the end of a server is waited for; a fraction of a second is usual.
const STOPS_WITHIN: Duration = Duration::from_secs(30);
/// Only names the socket file: each server has a directory of its own and no TCP port.
const PORT: u16 = 5432;
/// A socket's path has at most 103 bytes on macOS and 107 on Linux.
const LONGEST_DIRECTORY: usize = 103 - "/.s.PGSQL.5432".len();

/// Settings of a throw-away server: durability off, for its data is worth nothing, and room for many schemas.
const SETTINGS: [(&str, &str); 8] = [
    ("listen_addresses", ""),
    ("fsync", "off"),
    ("synchronous_commit", "off"),
    ("full_page_writes", "off"),
    ("max_connections", "200"),
    ("max_locks_per_transaction", "256"),
    ("max_wal_size", "4GB"),
    ("log_line_prefix", "%m [%p] %q%d "),
];

/// A throw-away server. Dropping it stops the server and deletes its directory.
#[derive(Debug)]
pub(super) struct Cluster {
    directory: PathBuf,
    /// Its standard input is the pipe that the watchdog waits on; nothing is ever written to it.
    watchdog: Child,
}

impl Cluster {
    /// Makes and starts a server from the programs in `binaries`, and waits until it takes connections.
    pub(super) fn start(
        binaries: &Path,
        settings: &[(String, String)],
    ) -> Result<Self, ServerError> {
        let account = user::unprivileged()?;
        let directory = new_directory(account.is_some());
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", include_str!("watchdog.sh"), "tenantry-watchdog"])
            .arg(&directory)
            .arg(binaries);
        command.arg("-p").arg(PORT.to_string());
        for (name, value) in SETTINGS {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        for (name, value) in settings {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        isolate(&mut command, account);
        let watchdog = command.spawn().map_err(|source| ServerError::Io {
            action: "run the watchdog with",
            path: "/bin/sh".into(),
            source,
        })?;
        let mut cluster = Self {
            directory,
            watchdog,
        };
        cluster.wait_until_ready()?;
        Ok(cluster)
    }

    /// The URL of the maintenance database.
    pub(super) fn url(&self) -> String {
        let directory = self.directory.to_string_lossy();
        format!(
            "postgres://postgres@{}:{PORT}/postgres",
            utf8_percent_encode(&directory, NON_ALPHANUMERIC)
        )
    }

    /// The file that the server logs to.
    pub(super) fn log_path(&self) -> PathBuf {
        self.directory.join("log")
    }

    fn wait_until_ready(&mut self) -> Result<(), ServerError> {
        let socket = self.directory.join(format!(".s.PGSQL.{PORT}"));
        let mut config = Config::new();
        config
            .host_path(&self.directory)
            .port(PORT)
            .user("postgres")
            .dbname("postgres");
        let started = Instant::now();
        loop {
            // The socket is there some time before the server lets anybody in.
            if socket.exists() && blocking(|| config.connect(NoTls).is_ok()) {
                return Ok(());
            }
            if let Ok(Some(_)) = self.watchdog.try_wait() {
                return Err(self.why_it_ended());
            }
            if started.elapsed() > READY_WITHIN {
                let log = fs::read(self.log_path()).unwrap_or_default();
                let log = String::from_utf8_lossy(&log).into_owned();
                return Err(ServerError::Start {
                    log: format!("{log}\n(not ready after {READY_WITHIN:?})"),
                });
            }
            thread::sleep(Duration::from_millis(5));
        }
    }

    /// Translates the exit codes of the script.
    fn why_it_ended(&mut self) -> ServerError {
        let mut output = Vec::new();
        if let Some(stdout) = &mut self.watchdog.stdout {
            // What can't be read only makes the message shorter.
            let _ = stdout.read_to_end(&mut output);
        }
        let output = String::from_utf8_lossy(&output).trim_end().to_owned();
        match self.watchdog.wait().ok().and_then(|status| status.code()) {
            Some(70) => ServerError::Io {
                action: "make the directory",
                path: self.directory.clone(),
                source: io::Error::other(output),
            },
            Some(71) => ServerError::Initdb { output },
            _ => ServerError::Start { log: output },
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        // It ends by itself, and goes on trying that when nobody waits any more.
        let _ = wait(&mut self.watchdog, STOPS_WITHIN, || {});
    }
}

/// Cuts the watchdog off from this process: its environment, its process group, its terminal and, as root, its rights.
fn isolate(command: &mut Command, account: Option<Account>) {
    // libpq's variables are defaults for the server's programs too, `PGPORT` and `PGDATA` among them.
    for (name, _) in env::vars_os().filter(|(name, _)| name.as_encoded_bytes().starts_with(b"PG")) {
        command.env_remove(name);
    }
    command.env("LC_ALL", "C");
    // Ctrl-C reaches a whole process group; the server has to be stopped by the watchdog alone, and in order.
    command.process_group(0);
    // The current directory may be closed to the other account.
    command.current_dir("/");
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    if let Some(Account { uid, gid }) = account {
        command.uid(uid).gid(gid);
    }
}

/// Names a directory that does not exist yet.
fn new_directory(for_another_account: bool) -> PathBuf {
    let name = format!("tenantry-{:016x}", random());
    let preferred = env::temp_dir().join(&name);
    let suits = preferred.as_os_str().len() <= LONGEST_DIRECTORY
        && preferred.is_absolute()
        && (!for_another_account || open_to_all(&env::temp_dir()));
    if suits {
        preferred
    } else {
        Path::new("/tmp").join(name)
    }
}

/// Tells whether every account may make files in `directory`.
fn open_to_all(directory: &Path) -> bool {
    let allows = |directory: &Path, bits| {
        fs::metadata(directory).is_ok_and(|metadata| metadata.permissions().mode() & bits == bits)
    };
    allows(directory, 0o003)
        && directory
            .ancestors()
            .all(|ancestor| allows(ancestor, 0o001))
}
