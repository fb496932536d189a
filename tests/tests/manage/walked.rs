//! A command line for each command that there is, and a fleet over which all of them do their work.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{LazyLock, mpsc};
use std::thread;
use std::time::Duration;

use tempfile::TempDir;
use tenantry::testing::{Server, TestDb, server};

use super::app::{App, Run};

/// Whether a command asks the database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asks {
    /// It works on files, and needs no database.
    Nothing,
    /// It asks beside all others.
    Database,
    /// It takes away what others need, or holds them up, so that it runs alone.
    Alone,
}

/// A command with its words: the name, what it asks, and what follows its name.
pub(crate) type Line = (&'static str, Asks, &'static [&'static str]);

const LINES: [Line; 31] = [
    ("adopt", Asks::Database, &["--at", "2", "adopted"]),
    ("check", Asks::Database, &["--references"]),
    ("completions", Asks::Nothing, &["bash"]),
    (
        "each",
        Asks::Database,
        &[
            "--lock-timeout",
            "1s",
            "--tenant",
            "acme",
            "--sql",
            "SELECT count(*) FROM \"{tenant}\".customers, \"{shared}\".plans",
        ],
    ),
    ("greet", Asks::Database, &["--tenant", "acme", "hello"]),
    ("help", Asks::Nothing, &[]),
    (
        "inspect",
        Asks::Database,
        &["--shared", "--migrations", "empty", "acme"],
    ),
    (
        "makemigrations",
        Asks::Nothing,
        &["--empty", "--name", "more"],
    ),
    ("merge", Asks::Database, &["--migrations", "branches"]),
    ("plan", Asks::Database, &["pro"]),
    ("rollout abort", Asks::Alone, &[]),
    ("rollout pause", Asks::Alone, &[]),
    ("rollout resume", Asks::Alone, &[]),
    ("rollout status", Asks::Database, &[]),
    ("rollup", Asks::Database, &[]),
    ("sqlmigrate", Asks::Database, &["1", "--tenant", "acme"]),
    ("squash", Asks::Database, &["1", "2"]),
    ("standby", Asks::Database, &["--count", "1"]),
    ("status", Asks::Database, &["--all", "--drift"]),
    ("tenants create", Asks::Database, &["new"]),
    ("tenants drop", Asks::Database, &["dropped", "--yes"]),
    ("tenants list", Asks::Database, &[]),
    ("tenants rename", Asks::Database, &["renamed", "other"]),
    ("tenants resume", Asks::Database, &["resumed"]),
    ("tenants show", Asks::Database, &["acme"]),
    ("tenants suspend", Asks::Database, &["suspended"]),
    ("tenants tag", Asks::Database, &["tagged", "+beta"]),
    ("check", Asks::Database, &["--repair", "acme"]),
    ("migrate", Asks::Alone, &["--try"]),
    (
        "migrate",
        Asks::Alone,
        &["--lock-timeout", "500ms", "--attempts", "2"],
    ),
    ("rollback", Asks::Alone, &["--to", "1", "--yes"]),
];

/// The command lines.
pub(crate) fn lines() -> impl Iterator<Item = Line> {
    LINES.into_iter()
}

/// The folder of an application with two migrations that are applied, one that is not, and what a branch has made.
static FOLDER: LazyLock<TempDir> = LazyLock::new(|| {
    let mut app = App::new();
    app.release("walked");
    let from = |name: &str| app.folder().join(name);
    app.manage(&["makemigrations"]).succeeds();
    fs::create_dir(from("empty")).unwrap();
    let more = |name: &str, shared: (&str, &str), tenant: (&str, &str)| {
        app.manage(&["makemigrations", "--empty", "--name", name])
            .succeeds();
        let last = app.migrations().pop().unwrap();
        for (of, (up, down)) in [("shared", shared), ("tenant", tenant)] {
            app.write(&format!("{last}/{of}.up.sql"), up);
            app.write(&format!("{last}/{of}.down.sql"), down);
        }
    };
    more(
        "marks",
        (
            "ALTER TABLE \"{shared}\".plans ADD COLUMN mark text;",
            "ALTER TABLE \"{shared}\".plans DROP COLUMN mark;",
        ),
        (
            "ALTER TABLE \"{tenant}\".customers ADD COLUMN mark text;",
            "ALTER TABLE \"{tenant}\".customers DROP COLUMN mark;",
        ),
    );
    copy(&from("migrations"), &from("branches"));
    copy(
        &from("branches/0002_marks"),
        &from("branches/0002_of_a_branch"),
    );
    let manifest = from("branches/0002_of_a_branch/migration.toml");
    let text = fs::read_to_string(&manifest).unwrap();
    fs::write(&manifest, text.replace("0002_marks", "0002_of_a_branch")).unwrap();
    more(
        "notes",
        (
            "ALTER TABLE \"{shared}\".plans ADD COLUMN note text;",
            "ALTER TABLE \"{shared}\".plans DROP COLUMN note;",
        ),
        (
            "ALTER TABLE \"{tenant}\".customers ADD COLUMN note text;",
            "ALTER TABLE \"{tenant}\".customers DROP COLUMN note;",
        ),
    );
    let kept = TempDir::new().unwrap();
    copy(app.folder(), kept.path());
    kept
});

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let into = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &into);
        } else {
            fs::copy(&path, &into).unwrap();
        }
    }
}

/// Returns a database for all command lines, of which a server has one ready.
pub(crate) fn fleet(server: &Server) -> TestDb {
    server.database_from("walked_fleet", prepare).unwrap()
}

fn prepare(url: &str) {
    let manage = |args: &[&str]| {
        let mut command = command(FOLDER.path(), url);
        Run::of(command.args(args)).succeeds();
    };
    manage(&["migrate", "--to", "2"]);
    for key in [
        "acme",
        "dropped",
        "renamed",
        "resumed",
        "suspended",
        "tagged",
    ] {
        manage(&["tenants", "create", key]);
    }
    manage(&["tenants", "suspend", "resumed"]);
    let sql = "CREATE SCHEMA adopted;
        CREATE TABLE adopted.customers (LIKE acme.customers INCLUDING ALL);
        CREATE TABLE adopted.visits (LIKE acme.visits INCLUDING ALL);
        COMMENT ON TABLE adopted.visits IS 'A visit of a customer.';
        ALTER TABLE adopted.customers ADD CONSTRAINT customers_plan_fkey FOREIGN KEY (plan) REFERENCES shared.plans;";
    let mut client = postgres::Client::connect(url, postgres::NoTls).unwrap();
    client.batch_execute(sql).unwrap();
}

fn command(folder: &Path, url: &str) -> Command {
    App::command_in(folder, url, "walked")
}

/// A line as it is typed.
fn line_of((name, _, words): Line) -> String {
    format!("{name} {}", words.join(" "))
}

/// Runs commands at once, each in a folder of its own, and returns those that have ended in time, and the names of those that have not.
pub(crate) fn at_once(
    lines: impl IntoIterator<Item = Line>,
    url: &str,
    longest: Duration,
) -> (Vec<(String, Run)>, Vec<String>) {
    let (told, ends) = mpsc::channel();
    let mut waiting = Vec::new();
    for line in lines {
        let (told, url) = (told.clone(), url.to_owned());
        let (name, _, words) = line;
        let line = line_of(line);
        waiting.push(line.clone());
        thread::spawn(move || {
            let folder = TempDir::new().unwrap();
            copy(FOLDER.path(), folder.path());
            let mut command = command(folder.path(), &url);
            let run = Run::of(command.args(name.split(' ')).args(words));
            let _ = told.send((line, run));
        });
    }
    drop(told);
    let mut ended = Vec::new();
    while let Ok((line, run)) = ends.recv_timeout(longest) {
        waiting.retain(|it| *it != line);
        ended.push((line, run));
    }
    (ended, waiting)
}

/// The names of all commands that have no others below them, as the help tells.
fn told_by_help(app: &App, above: &[&str], found: &mut BTreeSet<String>) {
    let help = app.manage(&[above, &["--help"]].concat()).succeeds().out;
    let commands = help.split_once("\nCommands:\n");
    let Some((_, commands)) = commands else {
        found.insert(above.join(" "));
        return;
    };
    let commands = commands.split("\n\n").next().unwrap().lines();
    for name in commands.filter_map(|line| line.strip_prefix("  ")?.split(' ').next()) {
        match name {
            "" => {}
            // It tells of the others.
            "help" if !above.is_empty() => {}
            "help" => drop(found.insert(name.to_owned())),
            name => told_by_help(app, &[above, &[name]].concat(), found),
        }
    }
}

#[test]
fn the_lines_of_these_tests_are_all_commands_that_there_are() {
    let mut app = App::new();
    app.release("walked");
    let mut found = BTreeSet::new();
    told_by_help(&app, &[], &mut found);
    let known: BTreeSet<_> = lines().map(|(name, ..)| name.to_owned()).collect();
    assert_eq!(known, found);
}

#[test]
fn each_line_does_its_work_where_nothing_is_in_its_way() {
    let database = fleet(server());
    for line in lines() {
        let (ended, waiting) = at_once([line], database.url(), Duration::from_secs(90));
        assert!(waiting.is_empty(), "{waiting:?}");
        let (name, run) = &ended[0];
        assert!(run.is_done(), "{name}: {run:#?}");
    }
}
