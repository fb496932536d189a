//! A server that is stopped before a command and in the middle of it: each ends in its time and says so, and the next goes on.

#![cfg(target_os = "linux")]

use std::collections::{BTreeMap, BTreeSet};
use std::thread;
use std::time::Duration;

use postgres::Client;
use tenantry::testing::{Server, TestDb};
use tenantry_tests::fleet::texts;
use tenantry_tests::stopped::Stopped;
use tenantry_tests::wait::until;

use super::app::Run;
use super::walked::{Asks, Line, at_once, fleet, lines};

/// Longer than any of them takes on a slow machine.
const LONG: Duration = Duration::from_mins(2);

/// How long opening a connection may take, by which it is decided how long a server may be silent.
const QUICK: &str = "connect_timeout=1";

/// Commands whose statements have limits of their own, which are minutes.
const LIMITED: [&str; 3] = ["greet", "plan", "rollup"];

/// Commands of a database that somebody holds up, until the server is stopped.
struct Group {
    _database: TestDb,
    url: String,
    holder: Client,
    /// Sees the sessions anew each time, which the holder's transaction does not.
    watcher: Client,
    lines: Vec<Line>,
}

impl Group {
    fn of(server: &Server, table: &str, lines: impl IntoIterator<Item = Line>) -> Self {
        let database = fleet(server);
        let joint = if database.url().contains('?') {
            '&'
        } else {
            '?'
        };
        let url = format!("{}{joint}{QUICK}", database.url());
        let mut holder = database.connect();
        let lock = format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE");
        holder.batch_execute(&lock).unwrap();
        let watcher = database.connect();
        Self {
            _database: database,
            url,
            holder,
            watcher,
            lines: lines.into_iter().collect(),
        }
    }

    /// The sessions that commands have, by their processes.
    fn sessions(&mut self) -> Vec<String> {
        let sql = "SELECT pid::text FROM pg_catalog.pg_stat_activity \
             WHERE datname = current_database() AND application_name = 'tenantry manage'";
        texts(&mut self.watcher, sql)
    }
}

type Ended = (Vec<(String, Run)>, Vec<String>);

/// Notes what is strange about commands over a server that was stopped, in the middle of which some may be over before.
fn judge(when: &str, (ended, waiting): &Ended, may_be_over: bool, strange: &mut Vec<String>) {
    let for_ever = waiting.iter();
    strange.extend(for_ever.map(|line| format!("{when}: {line} waits for ever")));
    for (line, run) in ended {
        let has = |word: &str| run.out.contains(word) || run.err.contains(word);
        let is_told = ["does not answer", "was silent", "not be reached within"]
            .iter()
            .any(|word| has(word));
        let is_fine = is_told && has("help: ") && !run.is_done();
        // One that gave up the lock before the stop is no matter of this test.
        let was_over = run.is_done() || has("longer than anybody else");
        if !(is_fine || may_be_over && was_over) {
            strange.push(format!("{when}: {line}: {run:#?}"));
        }
    }
}

#[test]
fn every_command_ends_over_a_stopped_server_and_the_next_goes_on() {
    let server = Server::builder().setting("max_connections", "400");
    let server = server.start().unwrap();
    let of = |wanted: Asks| {
        lines().filter(move |(name, asks, _)| *asks == wanted && !LIMITED.contains(name))
    };
    let asking = || lines().filter(|(_, asks, _)| *asks != Asks::Nothing);
    let mut groups = [
        Group::of(&server, "tenantry.tenant", of(Asks::Database)),
        Group::of(
            &server,
            "shared.plans, acme.customers, adopted.customers",
            of(Asks::Database),
        ),
        Group::of(&server, "tenantry.rollout, tenantry.turn", of(Asks::Alone)),
    ];
    let before = Group::of(&server, "tenantry.meta", asking());
    let mut stopped = None;
    let ended: Vec<Ended> = thread::scope(|scope| {
        let mut running: Vec<_> = Vec::new();
        for group in &mut groups {
            let (lines, url) = (group.lines.clone(), group.url.clone());
            running.push(scope.spawn(move || at_once(lines, &url, LONG)));
        }
        for group in &mut groups {
            // Some end before others begin, where programs start slowly.
            let wanted = group.lines.len() / 2;
            let mut come = BTreeSet::new();
            until("the commands are at work", || {
                come.extend(group.sessions());
                come.len() >= wanted
            });
        }
        stopped = Some(Stopped::server(&mut groups[0].holder));
        let (lines, url) = (before.lines.clone(), before.url.clone());
        running.push(scope.spawn(move || at_once(lines, &url, LONG)));
        running.into_iter().map(|it| it.join().unwrap()).collect()
    });
    drop(stopped);
    let mut strange = Vec::new();
    let all = groups.into_iter().map(|group| (group, "in the middle"));
    for ((mut group, when), ended) in all.chain([(before, "before")]).zip(ended) {
        judge(when, &ended, when != "before", &mut strange);
        group.holder.batch_execute("ROLLBACK").unwrap();
        until("the sessions are over", || group.sessions().is_empty());
        let first: BTreeMap<_, _> = ended.0.into_iter().collect();
        // `check` is once more at the end, when the rest is done.
        let check = ("check", Asks::Database, &["--references"][..]);
        for line in asking().chain([check]) {
            let (again, waiting) = at_once([line], &group.url, LONG);
            assert!(waiting.is_empty(), "{waiting:?}");
            let (line, run) = &again[0];
            let first = first.get(line);
            let was_done = first.is_some_and(|run| run.is_done() || run.err.contains("not known"));
            // What was sent before may have been done by a server that has found it in its socket.
            let says_so = ["already", "there is no such tenant"].iter();
            let says_so = says_so.copied().any(|word| run.err.contains(word));
            if !(run.is_done() || was_done && says_so) {
                strange.push(format!("{when}, again: {line}: {run:#?} after {first:?}"));
            }
        }
    }
    assert!(strange.is_empty(), "{}", strange.join("\n\n"));
}
