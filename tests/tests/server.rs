//! The development server: found or started, and gone without a trace however the process ends.

#![cfg(unix)]
#![allow(
    clippy::unwrap_used,
    reason = "a test ends at the first surprise, in its helpers too"
)]

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};
use tenantry::testing::{Server, ServerError, TestDb};

/// Waits for what is bound to happen soon.
#[track_caller]
fn eventually(what: &str, mut happened: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !happened() {
        assert!(Instant::now() < deadline, "did not happen in time: {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

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
        eventually("the server is stopped", || !is_alive(&self.server_pid));
        eventually("its directory is deleted", || !self.directory.exists());
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

/// What a process says that finds no server.
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

#[test]
fn a_dropped_server_leaves_nothing() {
    let server = Server::builder().start().unwrap();
    let directory = server.log_path().unwrap().parent().unwrap().to_owned();
    let pid_file = std::fs::read_to_string(directory.join("data/postmaster.pid")).unwrap();
    let pid = pid_file.lines().next().unwrap();
    assert!(is_alive(pid));
    drop(server);
    // Nothing is waited for: when the drop returns, all is done.
    assert!(!is_alive(pid));
    assert!(!directory.exists());
}

#[test]
fn a_process_that_drops_its_server_leaves_nothing() {
    throw_away("drop").assert_traceless();
}

#[test]
fn a_static_server_leaves_nothing_when_the_process_ends() {
    throw_away("static").assert_traceless();
}

#[test]
fn a_static_server_leaves_nothing_when_the_process_exits_early() {
    throw_away("exit").assert_traceless();
}

#[test]
fn a_panic_leaves_nothing() {
    throw_away("panic").assert_traceless();
}

#[test]
fn an_interrupt_from_the_terminal_leaves_nothing() {
    let holder = running();
    holder.signal_group("-INT");
    holder.assert_traceless();
}

#[test]
fn a_termination_signal_leaves_nothing() {
    let holder = running();
    holder.signal_group("-TERM");
    holder.assert_traceless();
}

#[test]
fn a_kill_that_nobody_can_catch_leaves_nothing() {
    let holder = running();
    holder.signal_group("-KILL");
    holder.assert_traceless();
}

#[test]
fn a_process_killed_while_its_server_starts_leaves_nothing() {
    let temporary = tempfile::Builder::new()
        .prefix("t")
        .tempdir_in("/tmp")
        .unwrap();
    std::fs::set_permissions(temporary.path(), PermissionsExt::from_mode(0o777)).unwrap();
    let entries = || std::fs::read_dir(temporary.path()).unwrap().count();
    let mut process = Command::new(env!("CARGO_BIN_EXE_server_holder"))
        .arg("wait")
        .env_remove("DATABASE_URL")
        .env("TMPDIR", temporary.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    eventually("the directory is made", || entries() == 1);
    process.kill().unwrap();
    process.wait().unwrap();
    eventually("the directory is deleted", || entries() == 0);
}

#[test]
fn settings_of_the_caller_apply_and_the_log_can_be_read() {
    let server = Server::builder()
        .setting("log_statement", "all")
        .start()
        .unwrap();
    let db = server.database().unwrap();
    db.connect()
        .batch_execute("SELECT 'a remarkable statement'")
        .unwrap();
    let log = server.log().unwrap();
    assert!(log.contains("a remarkable statement"), "{log}");
    let line = log
        .lines()
        .find(|line| line.contains("a remarkable statement"))
        .unwrap();
    assert!(
        line.contains(db.name()),
        "the line names the database: {line}"
    );
}

#[test]
fn a_setting_that_the_server_refuses_is_an_error_with_its_log() {
    let error = Server::builder()
        .setting("work_mem", "purple")
        .start()
        .unwrap_err();
    assert!(
        matches!(&error, ServerError::Start { log } if log.contains("purple")),
        "{error}"
    );
}

#[test]
fn a_throw_away_server_listens_on_no_port() {
    let server = Server::builder().start().unwrap();
    let mut client = server.config().connect(NoTls).unwrap();
    let row = client
        .query_one("SELECT current_setting('listen_addresses')", &[])
        .unwrap();
    assert_eq!(row.get::<_, &str>(0), "");
}

#[test]
fn each_test_database_is_empty_and_apart() {
    let (first, second) = (TestDb::new(), TestDb::new());
    first
        .connect()
        .batch_execute("CREATE TABLE public.t (id int)")
        .unwrap();
    let count = |db: &TestDb| -> i64 {
        let sql = "SELECT count(*) FROM pg_catalog.pg_class WHERE relname = 't'";
        db.connect().query_one(sql, &[]).unwrap().get(0)
    };
    assert_eq!((count(&first), count(&second)), (1, 0));
}

#[test]
fn the_url_of_a_test_database_leads_to_it() {
    let db = TestDb::new();
    let mut client = Client::connect(db.url(), NoTls).unwrap();
    let row = client
        .query_one("SELECT current_database()::text", &[])
        .unwrap();
    assert_eq!(row.get::<_, &str>(0), db.name());
}

#[test]
fn a_dropped_test_database_is_gone_even_while_somebody_is_connected() {
    let server = Server::builder().start().unwrap();
    let db = server.database().unwrap();
    let name = db.name().to_owned();
    let _session = db.connect();
    assert!(databases(&server).contains(&name));
    drop(db);
    assert!(!databases(&server).contains(&name));
}

#[test]
fn a_test_database_is_dropped_when_its_test_panics() {
    let server = Server::builder().start().unwrap();
    let db = server.database().unwrap();
    let name = db.name().to_owned();
    let test = thread::spawn(move || {
        let _db = db;
        panic!("a failing test");
    });
    assert!(test.join().is_err());
    assert!(!databases(&server).contains(&name));
}

#[test]
fn a_template_is_prepared_once_however_many_threads_want_it() {
    let server = Server::builder().start().unwrap();
    let prepared = AtomicU32::new(0);
    let copy = || {
        server.database_from("counted", |url| {
            prepared.fetch_add(1, Ordering::Relaxed);
            let mut client = Client::connect(url, NoTls).unwrap();
            let sql = "CREATE TABLE public.t (id int); INSERT INTO public.t VALUES (7)";
            client.batch_execute(sql).unwrap();
        })
    };
    let copies: Vec<TestDb> = thread::scope(|scope| {
        let threads: Vec<_> = (0..16).map(|_| scope.spawn(copy)).collect();
        threads
            .into_iter()
            .map(|thread| thread.join().unwrap().unwrap())
            .collect()
    });
    assert_eq!(prepared.load(Ordering::Relaxed), 1);
    let names: BTreeSet<&str> = copies.iter().map(TestDb::name).collect();
    assert_eq!(names.len(), 16);
    for db in &copies {
        let changed = db
            .connect()
            .execute("UPDATE public.t SET id = 8 WHERE id = 7", &[])
            .unwrap();
        assert_eq!(changed, 1, "each copy has the prepared row to itself");
    }
}

#[test]
fn a_template_can_be_copied_although_its_preparation_left_a_session() {
    let server = Server::builder().start().unwrap();
    let mut left = None;
    let copy = server.database_from("busy", |url| {
        left = Some(Client::connect(url, NoTls).unwrap());
    });
    copy.unwrap();
    assert!(
        left.unwrap().batch_execute("SELECT 1").is_err(),
        "the session was ended"
    );
}

#[test]
fn a_template_whose_preparation_panics_is_prepared_anew() {
    let server = Server::builder().start().unwrap();
    let before = databases(&server);
    let failed = thread::scope(|scope| {
        let test = || server.database_from("fragile", |_| panic!("half way"));
        scope.spawn(test).join().is_err()
    });
    assert!(failed);
    assert_eq!(
        databases(&server),
        before,
        "the half-prepared database is dropped"
    );
    let db = server.database_from("fragile", |url| {
        let mut client = Client::connect(url, NoTls).unwrap();
        client
            .batch_execute("CREATE TABLE public.t (id int)")
            .unwrap();
    });
    db.unwrap()
        .connect()
        .batch_execute("SELECT id FROM public.t")
        .unwrap();
}

#[test]
fn the_server_of_the_environment_is_used_and_not_stopped() {
    let server = Server::builder().start().unwrap();
    let mut holder = Holder::run("static", Some(server.url()));
    assert!(holder.process.wait().unwrap().success());
    assert_eq!(
        holder.directory,
        Path::new(""),
        "an existing server has no log of ours"
    );
    assert!(is_alive(&holder.server_pid));
    databases(&server);
}

#[test]
fn databases_of_a_dead_process_are_swept_from_the_server_of_the_environment() {
    let server = Server::builder().start().unwrap();
    let untouched = databases(&server);
    let mut dead = Holder::run("wait", Some(server.url()));
    let mut alive = Holder::run("wait", Some(server.url()));
    assert!(databases(&server).contains(&dead.database));
    dead.signal_group("-KILL");
    dead.process.wait().unwrap();
    let (key, _) = dead.database.rsplit_once('_').unwrap();
    eventually(
        "the databases of the dead process are swept by another",
        || {
            Holder::run("drop", Some(server.url()))
                .process
                .wait()
                .unwrap();
            !databases(&server).iter().any(|name| name.starts_with(key))
        },
    );
    let left = databases(&server);
    assert!(
        left.contains(&alive.database),
        "those of a living process are left alone"
    );
    assert!(left.is_superset(&untouched), "and so is what is not ours");
    alive.process.kill().unwrap();
    alive.process.wait().unwrap();
}

#[test]
fn a_role_that_may_not_create_databases_is_an_error_that_names_it() {
    let server = Server::builder().start().unwrap();
    let mut client = server.config().connect(NoTls).unwrap();
    client.batch_execute("CREATE ROLE modest LOGIN").unwrap();
    let text = failure(
        "DATABASE_URL",
        &server.url().replace("postgres@", "modest@"),
    );
    assert!(
        text.contains("`modest`") && text.contains("CREATEDB"),
        "{text}"
    );
}

#[test]
fn an_unreachable_server_of_the_environment_is_an_error_and_not_passed_over() {
    let text = failure(
        "DATABASE_URL",
        "postgres://postgres@%2Fnonexistent/postgres",
    );
    assert!(
        text.contains("can't connect to the server of `DATABASE_URL`"),
        "{text}"
    );
}

#[test]
fn an_address_in_another_form_is_an_error_that_shows_the_form() {
    let text = failure("DATABASE_URL", "host=localhost dbname=app");
    assert!(
        text.contains("postgres://user:password@host:5432/database"),
        "{text}"
    );
}

#[test]
fn without_any_server_one_error_names_all_three_ways() {
    let empty = tempfile::tempdir().unwrap();
    let text = failure("TENANTRY_PG_BIN", empty.path().to_str().unwrap());
    let place = format!("`TENANTRY_PG_BIN` ({})", empty.path().display());
    let ways = [
        "set `DATABASE_URL`",
        "install PostgreSQL",
        "feature `download`",
    ];
    for part in ["`DATABASE_URL`: not set", &place].iter().chain(&ways) {
        assert!(text.contains(part), "`{part}` is missing in:\n{text}");
    }
}
