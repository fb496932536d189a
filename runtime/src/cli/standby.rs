//! `standby`: schemas made in advance.

use serde::Serialize;

use super::Verdict;
use super::args::Standby;
use super::output::{Console, count};
use super::project::Project;
use crate::error::Result;
use crate::tenant::{self, Standbys};

/// The JSON for programs.
#[derive(Serialize)]
struct Whole {
    /// How many there are to be; none if nothing says so.
    wanted: Option<usize>,
    made: usize,
    dropped: usize,
    #[serde(flatten)]
    there: Standbys,
}

pub(super) fn run(project: &Project, args: &Standby, console: &mut Console<'_>) -> Result<Verdict> {
    let wanted = match args.count {
        Some(count) => Some(count),
        None => project.config()?.standbys,
    };
    let mut client = project.connect()?;
    let (mut made, mut dropped) = (0, 0);
    if let Some(wanted) = wanted {
        dropped = tenant::trim(&mut client, wanted)?;
        made = tenant::refill(&mut client, wanted)?;
    }
    let whole = Whole {
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

fn show(whole: &Whole, console: &mut Console<'_>) {
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
