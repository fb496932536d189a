//! `rollup`: rows of shared models that are computed from those of the tenants.

use serde::Serialize;

use super::Verdict;
use super::output::{Console, count, explain};
use super::project::{NamedRollup, Project};
use super::rollup_args::RollupArgs;
use crate::across::{LeftOut, RolledUp, SeesAllTenants};
use crate::error::{Error, ErrorKind, Result};
use crate::name::TenantKey;
use crate::scope::Options;

/// Whoever runs the commands has the address of the database.
struct WhoeverRunsCommands;

impl SeesAllTenants for WhoeverRunsCommands {}

/// The JSON for programs.
#[derive(Serialize)]
struct RollupLine<'a> {
    rollup: &'a str,
    tenants: usize,
    unchanged: usize,
    rows: u64,
    gone: Vec<&'a str>,
    suspended: Vec<&'a str>,
    left_out: Vec<LeftOutLine<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

#[derive(Serialize)]
struct LeftOutLine<'a> {
    tenant: &'a str,
    why: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

pub(super) fn run(
    project: &Project,
    args: &RollupArgs,
    console: &mut Console<'_>,
) -> Result<Verdict> {
    let chosen = chosen(project.rollups(), &args.names)?;
    let selection = args.select.selection(&args.order)?;
    let db = project.open_database(Options::default())?;
    let mut verdict = Verdict::Fine;
    for (name, rollup) in chosen {
        let fleet = db.across(&WhoeverRunsCommands)?;
        let mut fleet = fleet.selection(selection.clone());
        let outcome = rollup.run(&mut fleet, args.all);
        let outcome = outcome.map_err(|error| project.told(error));
        if !matches!(&outcome, Ok(done) if done.left_out().is_empty()) {
            verdict = Verdict::Found;
        }
        match &outcome {
            Ok(done) => done.left_out().iter().for_each(|left_out| {
                console.complain(format_args!("{name}: {left_out}"));
                if let Some(error) = left_out.error() {
                    console.error(error);
                }
            }),
            Err(error) => console.error(error),
        }
        if args.json {
            console.json_line(&line(name, &outcome));
        } else if let Ok(done) = &outcome {
            show(name, done, console);
        }
    }
    Ok(verdict)
}

/// The roll-ups of these names, or all.
fn chosen<'r>(rollups: &'r [NamedRollup], names: &[String]) -> Result<Vec<&'r NamedRollup>> {
    let known: Vec<&str> = rollups.iter().map(|(name, _)| *name).collect();
    let mut places = known.iter().enumerate();
    let twice = places.find(|(place, name)| known[..*place].contains(name));
    let unknown = names.iter().find(|name| !known.contains(&name.as_str()));
    let (message, help) = if let Some((_, name)) = twice {
        let message = format!("two roll-ups have the name `{name}`");
        (message, "give another to `Manage::rollup`".to_owned())
    } else if known.is_empty() {
        let help = "give one to `Manage::rollup` where the application's commands are made";
        (
            "the application has no roll-ups".to_owned(),
            help.to_owned(),
        )
    } else if let Some(name) = unknown {
        let message = format!("there is no roll-up `{name}`");
        (message, format!("there are `{}`", known.join("`, `")))
    } else {
        let is_meant = |name: &str| names.is_empty() || names.iter().any(|it| it == name);
        return Ok(rollups.iter().filter(|(name, _)| is_meant(name)).collect());
    };
    let message = format!("{message}\nhelp: {help}");
    Err(Error::new(ErrorKind::Configuration, message))
}

fn show(name: &str, done: &RolledUp, console: &mut Console<'_>) {
    let rows = usize::try_from(done.rows()).unwrap_or(usize::MAX);
    console.line(format_args!(
        "{name}: {} of {}, {} unchanged",
        count(rows, "row"),
        count(done.tenants(), "tenant"),
        done.unchanged()
    ));
    for key in done.gone() {
        console.line(format_args!(
            "{name}: removed the rows of `{key}`, which is gone"
        ));
    }
    for key in done.suspended() {
        console.line(format_args!(
            "{name}: kept the rows of `{key}`, which is suspended"
        ));
    }
}

fn line<'a>(name: &'a str, outcome: &'a Result<RolledUp>) -> RollupLine<'a> {
    let done = outcome.as_ref().ok();
    let number = |number: fn(&RolledUp) -> usize| done.map_or(0, number);
    let left_out = done.map_or(&[][..], RolledUp::left_out).iter();
    RollupLine {
        rollup: name,
        tenants: number(RolledUp::tenants),
        unchanged: number(RolledUp::unchanged),
        rows: done.map_or(0, RolledUp::rows),
        gone: keys(done.map_or(&[], RolledUp::gone)),
        suspended: keys(done.map_or(&[], RolledUp::suspended)),
        left_out: left_out.map(left_out_line).collect(),
        error: outcome.as_ref().err().map(explain),
    }
}

fn keys(keys: &[TenantKey]) -> Vec<&str> {
    keys.iter().map(TenantKey::as_str).collect()
}

fn left_out_line(left_out: &LeftOut) -> LeftOutLine<'_> {
    LeftOutLine {
        tenant: left_out.tenant().as_str(),
        why: left_out.why().to_string(),
        error: left_out.error().map(explain),
    }
}
