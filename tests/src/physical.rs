//! Physical copies of a whole server: base backups, copies of its files, standbys.
//!
//! All is done by the server's own account, through its `COPY ... TO PROGRAM`, since tests may run as root.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use postgres::{Client, Config, NoTls};
use tenantry::Database;
use tenantry::scope::Options;
use tenantry::testing::{Server, TestDb};

use crate::fleet::texts;
use crate::wait::until;

/// A server that archives its WAL, so that copies of it can be brought to any time.
#[derive(Debug)]
pub struct Origin {
    server: Server,
    home: PathBuf,
}

impl Origin {
    /// Starts a server.
    ///
    /// # Panics
    ///
    /// If there is none to be had.
    pub fn start() -> Self {
        let server = Server::builder()
            .setting("archive_mode", "on")
            // It is run in the directory of the data.
            .setting(
                "archive_command",
                "mkdir -p ../archive && cp %p ../archive/%f.part && mv ../archive/%f.part ../archive/%f",
            )
            .start()
            .unwrap_or_else(|error| panic!("{error}"));
        let log = server.log_path().expect("it was started just now");
        let home = log.parent().expect("it is in a directory").to_owned();
        Self { server, home }
    }

    /// Makes an empty database.
    ///
    /// # Panics
    ///
    /// If the server refuses.
    pub fn database(&self) -> TestDb {
        self.server
            .database()
            .unwrap_or_else(|error| panic!("{error}"))
    }

    /// Copies the files of the server while it runs, as `pg_basebackup` does. The copy is not started.
    ///
    /// # Panics
    ///
    /// If anything fails.
    pub fn back_up(&self, name: &str) -> Copy<'_> {
        let home = self.home.join(name);
        let mut client = self.connect();
        let run = |client: &mut Client, sql: &str| {
            client
                .batch_execute(sql)
                .unwrap_or_else(|error| panic!("{sql}: {error}"));
        };
        run(&mut client, "SELECT pg_backup_start('copy', true)");
        let (here, data) = (self.home.display(), home.join("data"));
        let data = data.display();
        shell(
            &mut client,
            &format!(
                "set -e; mkdir -m 700 {}; cp -a {here}/data {data} || echo 'files that vanish are none of the copy' >&2; \
                 rm -rf {data}/postmaster.* {data}/pg_wal; mkdir -m 700 -p {data}/pg_wal",
                home.display()
            ),
        );
        let stopped = client.query_typed_one("SELECT labelfile FROM pg_backup_stop()", &[]);
        let label: String = stopped.unwrap_or_else(|error| panic!("{error}")).get(0);
        shell(
            &mut client,
            &format!("printf '%s' '{label}' > {data}/backup_label"),
        );
        Copy { origin: self, home }
    }

    /// The settings by which a copy gets the WAL of this server up to a point that has a name.
    pub fn recovery_to(&self, point: &str) -> Vec<(&'static str, String)> {
        vec![
            ("restore_command", self.restore_command()),
            ("recovery_target_name", point.to_owned()),
            ("recovery_target_action", "promote".to_owned()),
        ]
    }

    /// The settings by which a copy follows this server.
    pub fn following(&self) -> Vec<(&'static str, String)> {
        vec![
            ("restore_command", self.restore_command()),
            (
                "primary_conninfo",
                format!("host={} port=5432 user=postgres", self.home.display()),
            ),
        ]
    }

    fn restore_command(&self) -> String {
        format!("cp {}/archive/%f %p", self.home.display())
    }

    fn connect(&self) -> Client {
        self.server
            .config()
            .connect(NoTls)
            .unwrap_or_else(|error| panic!("{error}"))
    }
}

/// The program beside that which the server that runs a script was started from.
const PG_CTL: &str = "\"$(dirname \"$(readlink -f /proc/$PPID/exe)\")\"/pg_ctl";

/// A copy of all files of a server, and the server that runs on them.
#[derive(Debug)]
pub struct Copy<'o> {
    origin: &'o Origin,
    home: PathBuf,
}

impl Copy<'_> {
    /// Starts the server on the files with these settings; `signal` is the file that says how it is to recover, if not from a crash.
    ///
    /// # Panics
    ///
    /// If it does not start.
    pub fn start(&self, signal: Option<&str>, settings: &[(&str, String)]) {
        let home = self.home.display();
        let mut options = format!("-k {home} -p 5432");
        for (name, value) in [
            ("listen_addresses", ""),
            ("archive_mode", "off"),
            ("fsync", "off"),
            ("max_connections", "200"),
            ("max_locks_per_transaction", "256"),
        ] {
            write!(options, " -c {name}=\"{value}\"").expect("a string takes all text");
        }
        let mut before = String::new();
        for (name, value) in settings {
            write!(
                before,
                "echo \"{name} = '{value}'\" >> {home}/data/postgresql.auto.conf; "
            )
            .expect("a string takes all text");
        }
        if let Some(file) = signal {
            write!(before, "touch {home}/data/{file}; ").expect("a string takes all text");
        }
        self.shell(&format!(
            "{before}{PG_CTL} -D {home}/data -l {home}/log -t 120 -w -o '{options}' start > /dev/null 2>&1 < /dev/null \
             || {{ tail {home}/log >&2; exit 1; }}"
        ));
    }

    /// Has the server, which follows the one that it is a copy of, get no more from it.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn cut_off(client: &mut Client) {
        for sql in [
            "ALTER SYSTEM SET primary_conninfo = ''",
            "ALTER SYSTEM SET restore_command = ''",
            "SELECT pg_reload_conf()",
        ] {
            client
                .batch_execute(sql)
                .unwrap_or_else(|error| panic!("{sql}: {error}"));
        }
        until("nothing is received any more", || {
            texts(client, "SELECT count(*)::text FROM pg_stat_wal_receiver") == ["0"]
        });
    }

    /// Has the server end in order.
    ///
    /// # Panics
    ///
    /// If it does not.
    pub fn stop(&self) {
        self.shell(&format!(
            "{PG_CTL} -D {}/data -t 120 -w -m fast stop > /dev/null",
            self.home.display()
        ));
    }

    /// Puts the files aside, as a snapshot does. The server must not run.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn keep(&self) {
        let home = self.home.display();
        self.shell(&format!("cp -a {home}/data {home}/kept"));
    }

    /// Brings the files back that were put aside. The server must not run.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn bring_back(&self) {
        let home = self.home.display();
        self.shell(&format!(
            "rm -rf {home}/data; cp -a {home}/kept {home}/data"
        ));
    }

    /// Connects to a database of the server.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn connect(&self, database: &str) -> Client {
        let connected = self.config(database).connect(NoTls);
        connected.unwrap_or_else(|error| panic!("{error}"))
    }

    /// Connects to a database of the server as an application does.
    ///
    /// # Panics
    ///
    /// If that fails.
    pub fn app(&self, database: &str) -> Database {
        let connected = Database::connect_with(&self.config(database), NoTls, Options::default());
        connected.unwrap_or_else(|error| panic!("{error}"))
    }

    fn config(&self, database: &str) -> Config {
        let mut config = Config::new();
        config
            .host_path(&self.home)
            .port(5432)
            .user("postgres")
            .dbname(database);
        config
    }

    fn shell(&self, script: &str) {
        shell(&mut self.origin.connect(), script);
    }

    fn runs(&self) -> bool {
        Path::new(&self.home).join(".s.PGSQL.5432").exists()
    }
}

impl Drop for Copy<'_> {
    fn drop(&mut self) {
        if self.runs() {
            self.stop();
        }
    }
}

/// Runs a script under the account of the server.
fn shell(client: &mut Client, script: &str) {
    let sql = format!(
        "COPY (SELECT WHERE false) TO PROGRAM '{}'",
        script.replace('\'', "''")
    );
    client
        .batch_execute(&sql)
        .unwrap_or_else(|error| panic!("{script}: {error:?}"));
}
