//! A replica of a throw-away server, which follows it.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use postgres::{Client, Config, NoTls};
use tempfile::TempDir;
use tenantry::testing::{Server, TestDb};

use crate::wait::until;

/// Runs the server until its input ends, which it does with the test, however that ends.
const WATCH: &str = "\"$0\" \"$@\" & read -r _; kill -INT $!; wait $!";

/// A replica. Dropping it stops it.
#[derive(Debug)]
pub struct Replica {
    folder: TempDir,
    programs: PathBuf,
    owner: (u32, u32),
    running: Option<Child>,
}

impl Replica {
    /// Makes a replica of a server, and waits until it takes connections.
    ///
    /// # Panics
    ///
    /// When the programs are not there, or refuse.
    pub fn of(server: &Server) -> Self {
        let mut client = server.config().connect(NoTls).expect("the server is there");
        let mut asked = |sql: &str| -> String { client.query_one(sql, &[]).expect(sql).get(0) };
        let data = asked("SELECT current_setting('data_directory')");
        let sockets = asked("SELECT current_setting('unix_socket_directories')");
        let programs = asked("SELECT setting FROM pg_config() WHERE name = 'BINDIR'");
        let of = fs::metadata(&data).expect("the server's data are here");
        let folder = tempfile::Builder::new()
            .prefix("tenantry-")
            .tempdir_in("/tmp");
        let folder = folder.expect("a folder can be made");
        let owner = (of.uid(), of.gid());
        chown(folder.path(), Some(owner.0), Some(owner.1)).expect("it can be given away");
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).expect("it is ours");
        let mut replica = Self {
            folder,
            programs: programs.into(),
            owner,
            running: None,
        };
        let from = format!("host='{sockets}' port=5432 user=postgres");
        let copied = replica
            .program("pg_basebackup")
            .args(["-R", "-X", "stream", "-c", "fast", "-d", &from, "-D"])
            .arg(replica.data())
            .output()
            .expect("it can be run");
        let words = String::from_utf8_lossy(&copied.stderr);
        assert!(copied.status.success(), "{words}");
        replica.start();
        replica
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    fn program(&self, name: &str) -> Command {
        self.as_owner(&self.programs.join(name))
    }

    fn as_owner(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir("/").process_group(0);
        if fs::metadata("/proc/self").is_ok_and(|it| it.uid() != self.owner.0) {
            command.uid(self.owner.0).gid(self.owner.1);
        }
        command
    }

    /// Starts it, and waits until it takes connections.
    ///
    /// # Panics
    ///
    /// When it does not start.
    pub fn start(&mut self) {
        let mut command = self.as_owner(Path::new("/bin/sh"));
        command
            .args(["-c", WATCH])
            .arg(self.programs.join("postgres"));
        command
            .arg("-D")
            .arg(self.data())
            .arg("-k")
            .arg(self.folder.path());
        for setting in [
            "listen_addresses=",
            "fsync=off",
            "max_connections=200",
            "max_locks_per_transaction=256",
            "max_standby_streaming_delay=10ms",
            "wal_receiver_status_interval=1s",
        ] {
            command.args(["-c", setting]);
        }
        command
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        self.running = Some(command.spawn().expect("the shell can be run"));
        until("the replica takes connections", || {
            self.config("postgres").connect(NoTls).is_ok()
        });
    }

    /// Stops it, and waits until it has ended.
    ///
    /// # Panics
    ///
    /// When it can't be waited for.
    pub fn stop(&mut self) {
        if let Some(mut running) = self.running.take() {
            drop(running.stdin.take());
            running.wait().expect("it is a child of ours");
        }
    }

    /// The address of a database there.
    pub fn config(&self, database: &str) -> Config {
        let mut config = Config::new();
        config
            .host_path(self.folder.path())
            .port(5432)
            .user("postgres")
            .dbname(database);
        config
    }

    /// Connects to the copy of a database.
    ///
    /// # Panics
    ///
    /// When it is not there.
    pub fn connect(&self, database: &TestDb) -> Client {
        let connected = self.config(database.name()).connect(NoTls);
        connected.expect("the replica is there")
    }

    /// Waits until it has all that the server has by now.
    ///
    /// # Panics
    ///
    /// When that does not come.
    pub fn catches_up(&self, database: &TestDb) {
        // What is flushed is sent, and this flushes what came before.
        let mut client = database.connect();
        client
            .batch_execute(
                "SET synchronous_commit = on; CREATE TEMP TABLE flushed (); SELECT txid_current()",
            )
            .expect("the server is there");
        let now: String = client
            .query_one("SELECT pg_current_wal_insert_lsn()::text", &[])
            .expect("the server is there")
            .get(0);
        let mut here = self.connect(database);
        until("the replica catches up", || {
            let sql = "SELECT pg_last_wal_replay_lsn() >= ($1::text)::pg_lsn";
            here.query_one(sql, &[&now])
                .expect("the replica is there")
                .get(0)
        });
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.stop();
    }
}
