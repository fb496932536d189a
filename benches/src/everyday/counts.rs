//! The cost of a unit of work to its process, in numbers that do not depend on what else the machine does: allocations, and instructions
//! if `valgrind` is there.

use std::env;
use std::process::Command;

use super::contender::Contender;
use super::unit::{Slice, WORKS};
use super::{Entry, entries, models};
use crate::results::{Results, environment, times};
use crate::server::{connect, database, start, text};

/// Units before those that are counted, so that all is there that is made once.
const WARM: usize = 100;

/// Units that are counted.
const UNITS: u16 = 100;

/// Counts what each contender's work costs, each in a process of its own.
pub(crate) fn run(quick: bool) {
    let server = start();
    let version = text(&mut connect(server.url()), "SHOW server_version");
    let mut results = Results::new("counts", environment(&version));
    let database = database(&server);
    models::prepare(database.url(), 1);
    let has_valgrind = Command::new("valgrind").arg("--version").output().is_ok();
    let entries = entries(database.url(), &database.config(), false);
    for (place, (_, what)) in WORKS.iter().enumerate() {
        let mut costs: Vec<(f64, f64)> = Vec::new();
        for (who, entry) in entries.iter().enumerate() {
            let cost = cost(database.url(), (who, place), has_valgrind && !quick);
            costs.push(cost);
            let limit = entries.iter().position(|it| Some(it.name) == entry.limit);
            let ratio = limit.map_or_else(String::new, |limit| {
                let (limit, own) = (costs[limit], cost);
                format!(
                    "{} by hand, instructions {}",
                    times(own.0, limit.0),
                    times(own.1, limit.1)
                )
            });
            let figure = format!("{:.1} allocations, {:.0} instructions", cost.0, cost.1);
            results.line(what, entry.name, figure, ratio, entry.goal);
        }
        models::shrink(database.url(), 1);
    }
}

/// The allocations and the instructions of a unit.
fn cost(url: &str, (who, work): (usize, usize), counts_instructions: bool) -> (f64, f64) {
    let program = env::current_exe().expect("this program has a path");
    let mut command = if counts_instructions {
        let mut command = Command::new("valgrind");
        command
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .args(["--collect-atstart=no", "--toggle-collect=*counted_slice*"])
            .arg(program);
        command
    } else {
        Command::new(program)
    };
    command.args(["counted", url, &who.to_string(), &work.to_string()]);
    let output = command.output().expect("this program can be run");
    let (out, err) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert!(output.status.success(), "{err}");
    let per = |count: &str| count.trim().parse::<f64>().unwrap_or_default() / f64::from(UNITS);
    let collected = err
        .lines()
        .find_map(|line| line.split("Collected :").nth(1));
    (per(&out), per(collected.unwrap_or_default()))
}

/// Does some units of one contender's work, and prints how many allocations they took.
#[expect(clippy::print_stdout, reason = "the figure is what it is run for")]
pub(crate) fn child(url: &str, who: usize, work: usize) {
    let config = url.parse().expect("an address of a database");
    let mut entries = entries(url, &config, false);
    let Entry { contender, .. } = &mut entries[who];
    let slice = |first, units| Slice {
        work: WORKS[work].0,
        tenants: 1,
        statements: 1,
        first,
        units,
    };
    contender.run(slice(0, WARM));
    let counted = slice(WARM, UNITS.into());
    let allocations = allocation_counter::measure(|| counted_slice(contender.as_mut(), counted));
    println!("{}", allocations.count_total);
}

/// The part that is counted. It stands alone, so that callgrind knows it by its name.
#[inline(never)]
fn counted_slice(contender: &mut dyn Contender, slice: Slice) {
    contender.run(slice);
}
