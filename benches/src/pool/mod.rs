//! Loans of connections: from our pools, from those that are ready, and the same work over connections that nobody lends.
//!
//! Each lender is a process of its own, so that its processor time is all that it takes. They take turns.

mod loans;
mod ours;

use std::env;
use std::process::Command;
use std::time::Duration;

use loans::{CONNECTIONS, Loans, Took, serve};

use crate::measure::median;
use crate::process::{self, Process};
use crate::results::{Results, environment, times};
use crate::server::{connect, database, start, text};

/// A lender: as its program knows it and as the table names it, how much it has in common with others, and with whom it is compared.
struct Lender {
    key: &'static str,
    name: &'static str,
    program: Program,
    compared: &'static str,
    lends: Lending,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Program {
    Ours,
    Ready,
}

/// The part of the work that a lender has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Lending {
    /// Whoever borrows keeps a connection.
    Never,
    Always,
    /// Each loan asks the server, so one that does nothing else is a query, too.
    Tested,
    /// A scope takes a connection when something is sent.
    ForStatements,
}

/// Those that look only whether a connection is closed come before those that ask the server at each loan.
const LENDERS: [Lender; 11] = [
    ours(
        "threads-kept",
        "by hand, kept",
        "threads-ours",
        Lending::Never,
    ),
    ours(
        "threads-scope",
        "tenantry, scopes kept",
        "threads-ours",
        Lending::Never,
    ),
    ours("threads-ours", "tenantry", "threads-ours", Lending::Always),
    ready("r2d2", "r2d2, no test", "threads-ours", Lending::Always),
    ready(
        "r2d2-tested",
        "r2d2 (its default)",
        "threads-ours",
        Lending::Tested,
    ),
    ours(
        "tasks-kept",
        "by hand (tokio), kept",
        "tasks-ours",
        Lending::Never,
    ),
    ours(
        "tasks-ours",
        "tenantry::tokio",
        "tasks-ours",
        Lending::ForStatements,
    ),
    ready(
        "deadpool",
        "deadpool, Fast (its default)",
        "tasks-ours",
        Lending::Always,
    ),
    ready(
        "deadpool-tested",
        "deadpool, Verified",
        "tasks-ours",
        Lending::Tested,
    ),
    ready("bb8", "bb8, no test", "tasks-ours", Lending::Always),
    ready(
        "bb8-tested",
        "bb8 (its default)",
        "tasks-ours",
        Lending::Tested,
    ),
];

const fn ours(
    key: &'static str,
    name: &'static str,
    compared: &'static str,
    lends: Lending,
) -> Lender {
    Lender {
        key,
        name,
        program: Program::Ours,
        compared,
        lends,
    }
}

const fn ready(
    key: &'static str,
    name: &'static str,
    compared: &'static str,
    lends: Lending,
) -> Lender {
    Lender {
        key,
        name,
        program: Program::Ready,
        compared,
        lends,
    }
}

impl Lender {
    /// Whether it has loans of that kind.
    fn has(&self, loans: Loans) -> bool {
        match self.lends {
            Lending::Never => loans.asks && loans.borrowers <= CONNECTIONS,
            Lending::Always => true,
            Lending::ForStatements | Lending::Tested => loans.asks,
        }
    }

    /// The program that lends.
    fn command(&self, url: &str) -> Command {
        let mut command = match self.program {
            Program::Ours => {
                let own = env::current_exe().expect("this program has a path");
                let mut own = Command::new(own);
                own.arg("lent");
                own
            }
            Program::Ready => Command::new(process::peer("pools")),
        };
        command.args([self.key, url]);
        command
    }
}

/// Lends as it is told: the part that runs in a process of its own.
pub(crate) fn child(key: &str, url: &str) {
    serve(&mut *ours::lender(key, url));
}

pub(crate) fn run(quick: bool, with_ready: bool) {
    let server = start();
    let version = text(&mut connect(server.url()), "SHOW server_version");
    let mut results = Results::new("pool", environment(&version));
    let database = database(&server);
    if with_ready {
        process::build("pools", "pools", "it is made of what its lock file names");
    }
    let lenders = || {
        let lenders = LENDERS.iter();
        lenders.filter(|it| with_ready || it.program == Program::Ours)
    };
    let mut running: Vec<_> = lenders()
        .map(|lender| (lender, Process::start(lender.command(database.url()))))
        .collect();
    let rounds = if quick { 1 } else { 15 };
    for asks in [false, true] {
        for borrowers in [1, CONNECTIONS, 5 * CONNECTIONS] {
            let all = match (quick, asks) {
                (true, _) => 100,
                (false, false) => 50_000,
                (false, true) => 600,
            };
            let loans = Loans {
                borrowers,
                each: all / borrowers,
                asks,
            };
            let rows = turns(&mut running, loans, rounds);
            tell(&mut results, loans, &rows);
        }
    }
    results.save(quick);
}

/// A lender with what each of its slices took, and how many connections it has opened by the end.
type Row = (&'static Lender, Vec<Took>, u64);

/// Has the lenders take turns.
fn turns(running: &mut [(&'static Lender, Process)], loans: Loans, rounds: usize) -> Vec<Row> {
    let mut having: Vec<_> = running
        .iter_mut()
        .filter(|(lender, _)| lender.has(loans))
        .collect();
    let line = format!(
        "{} {} {}",
        loans.borrowers,
        loans.each,
        u8::from(loans.asks)
    );
    let mut rows: Vec<Row> = having
        .iter()
        .map(|(lender, _)| (*lender, Vec::new(), 0))
        .collect();
    // The first round opens connections.
    for round in 0..=rounds {
        for turn in 0..having.len() {
            // Nobody always follows the same one.
            let place = (turn + round * 3) % having.len();
            let [wall, cpu, longest, opened] = having[place].1.ask(&line);
            let [wall, cpu, longest] = [wall, cpu, longest].map(Duration::from_nanos);
            if round > 0 {
                rows[place].1.push(Took { wall, cpu, longest });
            }
            rows[place].2 = opened;
        }
    }
    rows
}

fn what(loans: Loans) -> String {
    let loan = if loans.asks {
        "a loan with a query"
    } else {
        "a loan"
    };
    match loans.borrowers {
        1 => format!("{loan}, 1 borrower"),
        borrowers => format!("{loan}, {borrowers} borrowers"),
    }
}

fn tell(results: &mut Results, loans: Loans, rows: &[Row]) {
    #[expect(clippy::cast_precision_loss, reason = "there are a few thousand")]
    let number = (loans.borrowers * loans.each) as f64;
    let micros = |time: Duration| time.as_secs_f64() * 1e6;
    let middle = |slices: &[Took], of: fn(&Took) -> Duration| {
        median(slices.iter().map(|took| micros(of(took))).collect())
    };
    for (lender, own, opened) in rows {
        let figure = format!(
            "{:.1} µs ({:.1} µs), longest {:.2} ms, {opened} opened",
            middle(own, |took| took.wall) / number,
            middle(own, |took| took.cpu) / number,
            middle(own, |took| took.longest) / 1e3,
        );
        let of = |of: fn(&Took) -> Duration| {
            move |other: &[Took]| {
                let pairs = own.iter().zip(other.iter());
                median(
                    pairs
                        .map(|(own, other)| micros(of(own)) / micros(of(other)))
                        .collect(),
                )
            }
        };
        let wall = ratio(lender, rows, of(|took| took.wall));
        let cpu = ratio(lender, rows, of(|took| took.cpu));
        let ratio = if wall.is_empty() {
            wall
        } else {
            format!("{wall}, processor {cpu}")
        };
        results.line(&what(loans), lender.name, figure, ratio, "");
    }
}

/// The ratio to whom a lender is compared with, if that is another who is there.
fn ratio(lender: &Lender, rows: &[Row], of: impl Fn(&[Took]) -> f64) -> String {
    let other = rows.iter().find(|(other, ..)| other.key == lender.compared);
    let other = other.filter(|_| lender.key != lender.compared);
    other.map_or_else(String::new, |(_, other, _)| {
        format!("{} tenantry", times(of(other), 1.0))
    })
}
