//! `rollout`: pausing, resuming and aborting what migrates the database, and where its groups are.

use serde::Serialize;

use super::Verdict;
use super::args::Rollout;
use super::output::{Console, TextTable, count};
use super::project::Project;
use crate::error::Result;
use crate::migrate::{self, GroupStatus};

/// The JSON for programs.
#[derive(Serialize)]
struct RolloutJson {
    is_paused: bool,
    groups: Vec<GroupStatus>,
}

pub(super) fn run(
    project: &Project,
    command: &Rollout,
    console: &mut Console<'_>,
) -> Result<Verdict> {
    match command {
        Rollout::Pause => {
            migrate::pause(&mut project.connect()?)?;
            console.line("migrations are paused; `rollout resume` has them go on");
        }
        Rollout::Resume => {
            migrate::resume(&mut project.connect()?)?;
            console.line("migrations go on");
        }
        Rollout::Abort => {
            let mut client = project.connect()?;
            let is_running = migrate::is_running(&mut client)?;
            migrate::abort(&mut client)?;
            console.line(if is_running {
                "the migrations under way end; what is done stays done"
            } else {
                "nothing migrates or rolls back just now, so there was nothing to end"
            });
        }
        Rollout::Status(format) => status(project, format.json, console)?,
    }
    Ok(Verdict::Fine)
}

fn status(project: &Project, json: bool, console: &mut Console<'_>) -> Result<()> {
    let migrator = project
        .migrator(project.chain()?)
        .configure(&project.config()?);
    let mut client = project.connect()?;
    let whole = RolloutJson {
        is_paused: migrate::is_paused(&mut client)?,
        groups: migrator.on(&mut client).groups()?,
    };
    if json {
        console.json(&whole);
        return Ok(());
    }
    let mut table = TextTable::new(["GROUP", "TENANTS", "BEHIND", "FAILED", "STATE"]);
    for group in &whole.groups {
        table.row([
            group.name.clone(),
            group.tenants.to_string(),
            group.behind.to_string(),
            group.failed.to_string(),
            group.state.to_string(),
        ]);
    }
    console.line(table);
    if whole.is_paused {
        console.line("migrations are paused; `rollout resume` has them go on");
    }
    let behind = whole.groups.iter().map(|group| group.behind).sum();
    console.line(format_args!("{} behind", count(behind, "tenant")));
    Ok(())
}
