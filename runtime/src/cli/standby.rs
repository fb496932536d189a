//! `standby`: schemas made in advance.

use postgres::Client;
use serde::Serialize;

use super::Verdict;
use super::args::Standby;
use super::bar::Bar;
use super::output::{Console, count};
use super::project::Project;
use crate::bookkeeping::Waits;
use crate::error::{Error, ErrorKind, Result};
use crate::tenant::{self, Standbys};

/// The most standbys that are made.
const MOST: usize = 10_000;

/// How many are made between two looks at the bar.
const CHUNK: usize = 5;

/// The JSON for programs.
#[derive(Serialize)]
struct StandbyJson {
    /// How many there are to be; none if nothing says so.
    wanted: Option<usize>,
    made: usize,
    dropped: usize,
    #[serde(flatten)]
    there: Standbys,
}

pub(super) fn run(project: &Project, args: &Standby, console: &mut Console<'_>) -> Result<Verdict> {
    let wanted = match args.count {
        Some(count) => Some(usize::from(count)),
        None => project.config()?.standbys,
    };
    if let Some(wanted) = wanted
        && wanted > MOST
    {
        return Err(Error::new(
            ErrorKind::Configuration,
            format!(
                "{wanted} standbys are too many: each is a schema with all tables\n\
                 help: write a `count` of at most {MOST} under `[standby]` in `tenantry.toml`"
            ),
        ));
    }
    let mut client = project.connect()?;
    let (mut made, mut dropped) = (0, 0);
    if let Some(wanted) = wanted {
        dropped = tenant::trim(&mut client, wanted, &Waits::default())?;
        made = refill(&mut client, wanted)?;
    }
    let whole = StandbyJson {
        wanted,
        made,
        dropped,
        there: tenant::standbys(&mut client)?,
    };
    if args.format.json {
        console.json(&whole);
    } else {
        show(&whole, console);
    }
    Ok(match &whole.there.reason {
        Some(_) if wanted.is_some_and(|wanted| wanted > 0) => Verdict::Found,
        _ => Verdict::Fine,
    })
}

/// Makes standbys until there are so many, with a bar on a terminal.
fn refill(client: &mut Client, wanted: usize) -> Result<usize> {
    let there = tenant::standbys(client)?;
    let before = there.ready + there.unready;
    let bar = if before < wanted {
        Bar::new(None)
    } else {
        None
    };
    let mut made = 0;
    loop {
        let aim = wanted.min(before + made + CHUNK);
        let more = tenant::refill(client, aim)?;
        made += more;
        if let Some(bar) = &bar {
            bar.count(before + made, wanted);
        }
        // Others make standbys, too, and claim them; and stale ones were dropped first.
        if aim == wanted || more == 0 {
            made += tenant::refill(client, wanted)?;
            break;
        }
    }
    if let Some(bar) = bar {
        bar.end();
    }
    Ok(made)
}

fn show(whole: &StandbyJson, console: &mut Console<'_>) {
    for (number, what) in [(whole.made, "made"), (whole.dropped, "dropped")] {
        if number > 0 {
            console.line(format_args!("{what} {}", count(number, "standby")));
        }
    }
    let Standbys {
        ready,
        unready,
        reason,
    } = &whole.there;
    console.line(format_args!("{} ready", count(*ready, "standby")));
    if *unready > 0 {
        console.line(format_args!(
            "{} can't be claimed yet: `migrate` brings them where the fleet is",
            count(*unready, "standby")
        ));
    }
    if let Some(reason) = reason {
        console.line(format_args!("none can be claimed: {reason}"));
    }
    if whole.wanted.is_none() {
        console.line(
            "nothing says how many there are to be: write `[standby]` and `count = 10` into `tenantry.toml`, or add `--count 10`",
        );
    }
}
