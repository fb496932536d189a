//! `rollback`: takes migrations back.

use postgres::Client;
use serde::Serialize;

use super::Verdict;
use super::args::{Rollback, RollbackTarget};
use super::confirm::confirm;
use super::output::{Console, count};
use super::project::Project;
use super::report::{is_idle, show_report};
use super::watch::watch;
use crate::alike::most_alike_migration;
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::{Chain, Direction, Migrator, Status, TenantStatus, Undoable};
use crate::tenant::TenantState;

/// The name of the place before the first migration.
const ZERO: &str = "zero";

/// The migrations that would be undone.
#[derive(Debug, Serialize)]
struct RollbackPlan {
    /// The migration that stays; none if all go.
    to: Option<String>,
    /// The migrations to undo, the last first.
    migrations: Vec<String>,
    /// Those of them that have no SQL that undoes them.
    one_way: Vec<String>,
    /// Why there is nothing to undo, if that is so.
    reason: Option<String>,
}

pub(super) fn run(
    project: &Project,
    args: &Rollback,
    console: &mut Console<'_>,
) -> Result<Verdict> {
    // What is undone is what the database has recorded, whatever has become of the folder.
    let chain = match project.chain() {
        Err(_) if project.migrations().is_dir() => Chain::from_files(&[])?,
        chain => chain?,
    };
    let migrator = project.migrator(chain);
    let mut client = project.connect()?;
    let all = migrator.on(&mut client).undoable()?;
    let plan = plan(&all, &args.target)?;
    let json = args.format.json;
    if args.dry_run || (plan.migrations.is_empty() && !json) {
        show(&plan, json, console);
        return Ok(Verdict::Fine);
    }
    if !args.yes && !plan.migrations.is_empty() {
        let word = plan.to.as_deref().unwrap_or(ZERO);
        let status = migrator.on(&mut client).status()?;
        let fleet = fleet(&migrator, &mut client, &status)?;
        confirm(console, &consequence(&plan, &fleet), word)?;
    }
    let to = plan.to.as_deref();
    let run = |migrator: &Migrator| migrator.on(&mut client).attempt_rollback(to);
    let report = watch(migrator, run, Direction::Down, json, console)?;
    if is_idle(&report) && !json {
        console.line("nothing was rolled back: others have done it meanwhile");
    }
    Ok(show_report(&report, Direction::Down, json, console))
}

fn plan(all: &[Undoable], target: &RollbackTarget) -> Result<RollbackPlan> {
    let applied: Vec<&Undoable> = all.iter().filter(|it| it.is_applied).collect();
    let stays = match (&target.to, target.steps) {
        (Some(to), _) => find(all, to, applied.last())?,
        (None, steps) => {
            check_last(all, applied.last())?;
            let steps = usize::try_from(steps.unwrap_or(1)).unwrap_or(usize::MAX);
            let left = applied.len().checked_sub(steps).ok_or_else(|| {
                let message = match applied.len() {
                    0 => "no migration is applied: there is nothing to roll back".to_owned(),
                    1 => "only 1 migration is applied".to_owned(),
                    number => format!("only {number} migrations are applied"),
                };
                let help = format!("help: `--to {ZERO}` undoes all");
                Error::new(ErrorKind::Chain, format!("{message}\n{help}"))
            })?;
            left.checked_sub(1).map(|last| applied[last])
        }
    };
    let beyond = stays.map_or(0, |stays| stays.position);
    let undone: Vec<_> = applied
        .iter()
        .rev()
        .filter(|it| it.position > beyond)
        .collect();
    let one_way = undone.iter().filter(|it| it.is_one_way);
    Ok(RollbackPlan {
        to: stays.map(|stays| stays.id.clone()),
        one_way: one_way.map(|it| it.id.clone()).collect(),
        migrations: undone.iter().map(|it| it.id.clone()).collect(),
        reason: undone.is_empty().then(|| reason(all, applied.last())),
    })
}

/// Refuses to count from the end when the last migration is applied nowhere: what comes before it would be undone, which
/// nobody meant.
fn check_last(all: &[Undoable], last: Option<&&Undoable>) -> Result<()> {
    let applied = last.map_or(0, |last| last.position);
    let Some(failed) = all.iter().find(|it| it.position > applied && it.failed > 0) else {
        return Ok(());
    };
    let before = all.iter().rev().find(|it| it.position < applied);
    let before = before.map_or(ZERO, |before| &before.id);
    let help = last.map_or_else(
        || "help: nothing is applied".to_owned(),
        |last| {
            format!(
                "help: to undo `{}`, which is applied, say `--to {before}`",
                last.id
            )
        },
    );
    Err(Error::new(
        ErrorKind::Chain,
        format!("{}\n{help}", nowhere(failed)),
    ))
}

fn nowhere(migration: &Undoable) -> String {
    let tenants = count(
        usize::try_from(migration.failed).unwrap_or(usize::MAX),
        "tenant",
    );
    format!(
        "`{}` failed for {tenants} and is applied to none, so there is nothing of it to undo",
        migration.id
    )
}

/// Why there is nothing to undo.
fn reason(all: &[Undoable], last: Option<&&Undoable>) -> String {
    let applied = last.map_or(0, |last| last.position);
    if let Some(failed) = all.iter().find(|it| it.position > applied && it.failed > 0) {
        return nowhere(failed);
    }
    last.map_or_else(
        || "no migration is applied".to_owned(),
        |last| format!("`{}` is the last migration that is applied", last.id),
    )
}

fn find<'a>(
    all: &'a [Undoable],
    to: &str,
    last: Option<&&Undoable>,
) -> Result<Option<&'a Undoable>> {
    if to == ZERO {
        return Ok(None);
    }
    let number = to.parse::<i32>().ok();
    let found = all
        .iter()
        .find(|it| it.id == to || Some(it.position) == number);
    if found.is_some() {
        return Ok(found);
    }
    let ids = all.iter().map(|it| it.id.as_str());
    let help = match (most_alike_migration(to, ids.chain([ZERO])), last) {
        (Some(meant), _) => format!("did you mean `{meant}`?"),
        (None, Some(last)) => format!(
            "the last that is applied is `{}`; `{ZERO}` undoes all",
            last.id
        ),
        (None, None) => "nothing is applied".to_owned(),
    };
    let message = format!("there is no migration `{to}` in the database\nhelp: {help}");
    Err(Error::new(ErrorKind::Chain, message))
}

fn show(plan: &RollbackPlan, json: bool, console: &mut Console<'_>) {
    if json {
        console.json(plan);
    } else if let Some(reason) = &plan.reason {
        console.line(format_args!("nothing to roll back: {reason}"));
    } else {
        console.line("this would be undone, in this order:");
        for id in &plan.migrations {
            let note = if plan.one_way.contains(id) {
                " (can't be undone: it has no `down` file)"
            } else {
                ""
            };
            console.line(format_args!("  {id}{note}"));
        }
    }
}

/// Which tenants it is about.
fn fleet(migrator: &Migrator, client: &mut Client, status: &Status) -> Result<String> {
    let number = status.tenants();
    if number != 1 {
        return Ok(count(number, "tenant"));
    }
    let tenants = migrator.on(client).tenants()?;
    let is_meant =
        |tenant: &&TenantStatus| tenant.state.is_migrated() && tenant.state != TenantState::Standby;
    let one = tenants.iter().find(is_meant);
    Ok(one.map_or_else(
        || count(number, "tenant"),
        |tenant| format!("the tenant `{}`", tenant.key),
    ))
}

fn consequence(plan: &RollbackPlan, fleet: &str) -> String {
    format!(
        "this undoes {} in the shared schema and in {fleet}; the data that they made room for is lost",
        plan.migrations.join(", "),
    )
}
