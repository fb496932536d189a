//! A PgBouncer in front of a test's database.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::{PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use postgres::config::Host;
use postgres::{Config, NoTls};
use tempfile::TempDir;
use tenantry::testing::TestDb;

/// Where Debian, Homebrew and others put the program.
const PROGRAMS: [&str; 3] = [
    "/usr/sbin/pgbouncer",
    "/usr/bin/pgbouncer",
    "/opt/homebrew/bin/pgbouncer",
];

/// A running PgBouncer. It ends with the value, or with the process.
#[derive(Debug)]
pub struct Bouncer {
    shell: Child,
    folder: TempDir,
    database: String,
    user: String,
}

impl Bouncer {
    /// Starts one in transaction mode that keeps two connections to the database, whatever the number of its clients.
    ///
    /// It gives nothing where PgBouncer is not installed.
    ///
    /// # Panics
    ///
    /// When it is installed and does not start.
    pub fn start(database: &TestDb) -> Option<Self> {
        Self::start_with(database, "pool_mode = transaction")
    }

    /// Starts one with these lines of settings, among them its mode. All else is as with [`start`](Self::start).
    ///
    /// # Panics
    ///
    /// As [`start`](Self::start).
    pub fn start_with(database: &TestDb, lines: &str) -> Option<Self> {
        let program = PROGRAMS
            .iter()
            .find(|program| Path::new(program).exists())?;
        let folder = tempfile::Builder::new()
            .prefix("bouncer")
            .tempdir()
            .expect("a temporary folder");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o777))
            .expect("our own folder");
        let config = database.config();
        let user = config.get_user().unwrap_or("postgres").to_owned();
        let ini = folder.path().join("pgbouncer.ini");
        fs::write(
            &ini,
            settings(database.name(), &config, folder.path(), lines),
        )
        .expect("our own folder");

        // The shell ends PgBouncer when this process ends, however that happens: then its input ends.
        let script = "\"$0\" -q \"$1\" & bouncer=$!; cat > /dev/null; kill \"$bouncer\"";
        let mut shell = Command::new("/bin/sh");
        shell
            .args(["-c", script, program])
            .arg(&ini)
            .stdin(Stdio::piped())
            .process_group(0);
        if let Some((uid, gid)) = unprivileged() {
            chown(folder.path(), Some(uid), Some(gid)).expect("root may");
            shell.uid(uid).gid(gid);
        }
        let shell = shell.spawn().expect("a shell");
        let bouncer = Self {
            shell,
            folder,
            database: database.name().to_owned(),
            user,
        };
        bouncer.wait();
        Some(bouncer)
    }

    /// The way to connect through it.
    pub fn config(&self) -> Config {
        let mut config = Config::new();
        config
            .host_path(self.folder.path())
            .port(6432)
            .user(&self.user)
            .dbname(&self.database);
        config
    }

    fn wait(&self) {
        let deadline = Instant::now() + Duration::from_mins(2);
        while let Err(error) = self.config().connect(NoTls) {
            let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
            assert!(
                Instant::now() < deadline,
                "PgBouncer does not answer: {error}\n{log}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

impl Drop for Bouncer {
    fn drop(&mut self) {
        drop(self.shell.stdin.take());
        let _ = self.shell.wait();
    }
}

fn settings(database: &str, config: &Config, folder: &Path, lines: &str) -> String {
    let mut server = String::new();
    match config.get_hosts().first() {
        Some(Host::Tcp(name)) => write!(server, "host={name}"),
        #[cfg(unix)]
        Some(Host::Unix(path)) => write!(server, "host={}", path.display()),
        None => Ok(()),
    }
    .expect("a String takes all text");
    if let Some(port) = config.get_ports().first() {
        write!(server, " port={port}").expect("a String takes all text");
    }
    if let Some(password) = config.get_password() {
        write!(server, " password={}", String::from_utf8_lossy(password))
            .expect("a String takes all text");
    }
    let folder = folder.display();
    let user = config.get_user().unwrap_or("postgres");
    format!(
        "[databases]\n{database} = {server} dbname={database} user={user}\n\
         [pgbouncer]\n{lines}\ndefault_pool_size = 2\nmax_client_conn = 100\nauth_type = any\n\
         listen_addr =\nlisten_port = 6432\nunix_socket_dir = {folder}\nlogfile = {folder}/log\n"
    )
}

/// PgBouncer does not run as root. The account is the throw-away server's, which lets no other at its socket.
fn unprivileged() -> Option<(u32, u32)> {
    let id = Command::new("id").arg("-u").output().ok()?;
    if id.stdout.trim_ascii() != b"0" {
        return None;
    }
    let passwd = fs::read_to_string("/etc/passwd").ok()?;
    let account = |name: &str| {
        let mut accounts = passwd
            .lines()
            .map(|line| line.split(':').collect::<Vec<_>>());
        let fields = accounts.find(|fields| fields.first() == Some(&name))?;
        Some((fields.get(2)?.parse().ok()?, fields.get(3)?.parse().ok()?))
    };
    account("postgres").or_else(|| account("nobody"))
}
