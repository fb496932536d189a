//! `migrate`: applies the chain.

use std::thread;

use postgres::Client;

use super::Verdict;
use super::args::Migrate;
use super::losses::confirm_losses;
use super::output::Console;
use super::pace_args::PaceArgs;
use super::project::Project;
use super::report::{is_idle, show_plan, show_report, show_trial};
use super::select::SelectArgs;
use super::watch::watch;
use crate::error::Result;
use crate::migrate::{Chain, Direction, Migrator, Phase, Report};
use crate::tenant;

pub(super) fn run(project: &Project, args: &Migrate, console: &mut Console<'_>) -> Result<Verdict> {
    let mut migrator = project.migrator(project.chain()?);
    if let Some(to) = &args.to {
        migrator = migrator.to(to);
    }
    if let Some(phase) = args.phase {
        migrator = migrator.phase(phase);
    }
    migrator = migrator.select(args.select.selection(&args.order)?);
    migrator = paced(migrator, &args.pace, project)?;
    let mut client = project.connect()?;
    if migrator.chain().migrations().is_empty() {
        project.expect_folder(&migrator.on(&mut client).status()?)?;
    }
    let json = args.format.json;
    if args.try_out {
        let trial = migrator.on(&mut client).try_out()?;
        if json {
            console.json(&trial);
            let ok = trial.is_success();
            return Ok(if ok { Verdict::Fine } else { Verdict::Found });
        }
        return Ok(show_trial(&trial, console));
    }
    let (verdict, is_idle) = if args.dry_run {
        let plan = migrator.on(&mut client).dry_run()?;
        if json {
            console.json(&plan);
        } else {
            show_plan(&plan, console);
        }
        (Verdict::Fine, plan.is_empty())
    } else {
        confirm_losses(&migrator, &mut client, args, console)?;
        let run = |migrator: &Migrator| migrator.on(&mut client).attempt();
        let report = watch(migrator.clone(), run, Direction::Up, json, console)?;
        let verdict = match show_report(&report, Direction::Up, json, console) {
            Verdict::Fine if is_refused(&report, args.phase) => Verdict::Found,
            verdict => verdict,
        };
        (verdict, is_idle(&report))
    };
    if !json {
        if is_idle && args.select.has_versions() && nobody(&mut client, &args.select)? {
            console.line("none of the tenants that are selected is at such a version");
        } else if is_idle {
            say_nothing_to_do(migrator.chain(), args.to.as_deref(), console);
        }
        remind_of_changes(project, migrator.chain(), console);
    }
    Ok(verdict)
}

/// Whether what was asked for by its phase is held back. Who asks for all gets what is possible.
fn is_refused(report: &Report, phase: Option<Phase>) -> bool {
    phase == Some(Phase::Contract) && report.blocked.is_some()
}

/// How a run goes about its work: as the flags say, and otherwise as `tenantry.toml` does.
fn paced(migrator: Migrator, pace: &PaceArgs, project: &Project) -> Result<Migrator> {
    let mut config = project.config()?;
    config.lock_timeout = pace.lock_timeout.or(config.lock_timeout);
    config.statement_timeout = pace.statement_timeout.or(config.statement_timeout);
    config.attempts = pace.attempts.map(size).or(config.attempts);
    config.batch_pause = pace.batch_pause.or(config.batch_pause);
    config.max_failures = pace.max_failures.or(config.max_failures);
    let workers = pace.workers.map(usize::from).or(config.workers);
    config.workers = Some(workers.unwrap_or_else(default_workers));
    Ok(migrator.configure(&config))
}

fn size(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// As many as this machine has cores, but not more than a server with few of them takes well.
fn default_workers() -> usize {
    thread::available_parallelism().map_or(1, |cores| cores.get().min(4))
}

/// Whether no tenant is selected.
fn nobody(client: &mut Client, select: &SelectArgs) -> Result<bool> {
    Ok(tenant::list(client, &select.filter()?)?.is_empty())
}

fn say_nothing_to_do(chain: &Chain, to: Option<&str>, console: &mut Console<'_>) {
    let to = to.and_then(|to| chain.find(to).ok());
    match to.or(chain.migrations().last()) {
        Some(last) => console.line(format_args!("nothing to migrate up to `{}`", last.id())),
        None => console.line("nothing to migrate: there are no migrations yet"),
    }
}

fn remind_of_changes(project: &Project, chain: &Chain, console: &mut Console<'_>) {
    // Models that don't fit together are no matter of the database: `check` tells of them.
    let changes = project.changes(chain);
    if changes.is_ok_and(|changes| !changes.is_empty()) {
        console.line("the models have changes without a migration; `makemigrations` writes it");
    }
}
