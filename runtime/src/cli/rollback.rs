//! `rollback`: takes migrations back.

use postgres::Client;
use serde::Serialize;

use super::Verdict;
use super::args::{Rollback, RollbackTarget};
use super::confirm::confirm;
use super::output::{Console, count};
use super::project::Project;
use super::report::{Way, show_report};
use super::watch::watch;
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::{Chain, MigrationStatus, Migrator, Part, Status, TenantStatus};
use crate::tenant::TenantState;

/// The name of the place before the first migration.
const ZERO: &str = "zero";

/// What would be undone.
#[derive(Debug, Serialize)]
struct Plan {
    /// The migration that stays; none if all go.
    to: Option<String>,
    /// The migrations to undo, the last first.
    migrations: Vec<String>,
}

pub(super) fn run(
    project: &Project,
    args: &Rollback,
    console: &mut Console<'_>,
) -> Result<Verdict> {
    let migrator = project.migrator(project.chain()?);
    let mut client = project.connect()?;
    let status = migrator.status(&mut client)?;
    let plan = plan(&status, &args.target)?;
    if args.dry_run {
        show(&plan, migrator.chain(), args.format.json, console);
        return Ok(Verdict::Fine);
    }
    if plan.migrations.is_empty() && !args.format.json {
        console.line("nothing to roll back");
        return Ok(Verdict::Fine);
    }
    if !args.yes && !plan.migrations.is_empty() {
        let word = plan.to.as_deref().unwrap_or(ZERO);
        let fleet = fleet(&migrator, &mut client, &status)?;
        confirm(console, &consequence(&plan, &fleet), word)?;
    }
    let json = args.format.json;
    let to = plan.to.as_deref();
    let run = |migrator: &Migrator| migrator.attempt_rollback(&mut client, to);
    let report = watch(migrator, run, Way::Down, json, console)?;
    Ok(show_report(&report, Way::Down, json, console))
}

fn plan(status: &Status, target: &RollbackTarget) -> Result<Plan> {
    let applied: Vec<&str> = applied(status).collect();
    let known = ids(status).collect::<Vec<_>>();
    let stays = match (&target.to, target.steps) {
        (Some(to), _) => find(&known, to, &applied)?,
        (None, steps) => {
            let steps = usize::try_from(steps.unwrap_or(1)).unwrap_or(usize::MAX);
            let left = applied.len().checked_sub(steps).ok_or_else(|| {
                let message = match applied.len() {
                    1 => "only 1 migration is applied".to_owned(),
                    number => format!("only {number} migrations are applied"),
                };
                let help = format!("help: `--to {ZERO}` undoes all");
                Error::new(ErrorKind::Chain, format!("{message}\n{help}"))
            })?;
            left.checked_sub(1).map(|last| applied[last])
        }
    };
    let after = known
        .iter()
        .position(|id| Some(*id) == stays)
        .map_or(0, |at| at + 1);
    let undone = known[after..]
        .iter()
        .rev()
        .filter(|id| applied.contains(id));
    Ok(Plan {
        to: stays.map(str::to_owned),
        migrations: undone.map(|id| (*id).to_owned()).collect(),
    })
}

/// The ids of all migrations, those that only the database has included.
fn ids(status: &Status) -> impl Iterator<Item = &str> {
    let on_disk = status
        .migrations
        .iter()
        .map(|migration| migration.id.as_str());
    on_disk.chain(status.ahead.iter().map(String::as_str))
}

/// The ids of the migrations that are applied to the shared schema, to any tenant, or to the tenants to come.
fn applied(status: &Status) -> impl Iterator<Item = &str> {
    let is_applied = |migration: &&MigrationStatus| {
        let position = migration.position;
        let shared = migration.shared.is_some() && position <= status.shared_position;
        let tenant = migration
            .tenant
            .is_some_and(|part| part.applied > 0 || position <= status.tenant_position);
        shared || tenant
    };
    let on_disk = status.migrations.iter().filter(is_applied);
    let on_disk = on_disk.map(|migration| migration.id.as_str());
    on_disk.chain(status.ahead.iter().map(String::as_str))
}

fn find<'a>(known: &[&'a str], to: &str, applied: &[&str]) -> Result<Option<&'a str>> {
    if to == ZERO {
        return Ok(None);
    }
    let number = to.parse::<usize>().ok();
    let mut numbered = (1..).zip(known);
    let found = numbered.find(|(position, id)| **id == to || Some(*position) == number);
    match (found, applied.last()) {
        (Some((_, id)), _) => Ok(Some(id)),
        (None, last) => {
            let help = last.map_or_else(
                || "nothing is applied".to_owned(),
                |last| format!("the last that is applied is `{last}`; `{ZERO}` undoes all"),
            );
            let message = format!("there is no migration `{to}`\nhelp: {help}");
            Err(Error::new(ErrorKind::Chain, message))
        }
    }
}

fn show(plan: &Plan, chain: &Chain, json: bool, console: &mut Console<'_>) {
    if json {
        console.json(plan);
    } else if plan.migrations.is_empty() {
        console.line("nothing to roll back");
    } else {
        console.line("this would be undone, in this order:");
        for id in &plan.migrations {
            let note = if is_one_way(chain, id) {
                " (can't be undone: it has no `down` file)"
            } else {
                ""
            };
            console.line(format_args!("  {id}{note}"));
        }
    }
}

fn is_one_way(chain: &Chain, id: &str) -> bool {
    let lacks_down = |part: Option<&Part>| part.is_some_and(|part| part.down().is_none());
    chain
        .find(id)
        .is_ok_and(|migration| lacks_down(migration.shared()) || lacks_down(migration.tenant()))
}

/// Which tenants it is about.
fn fleet(migrator: &Migrator, client: &mut Client, status: &Status) -> Result<String> {
    let number = status.tenants();
    if number != 1 {
        return Ok(count(number, "tenant"));
    }
    let tenants = migrator.tenants(client)?;
    let is_meant =
        |tenant: &&TenantStatus| tenant.state.is_migrated() && tenant.state != TenantState::Standby;
    let one = tenants.iter().find(is_meant);
    Ok(one.map_or_else(
        || count(number, "tenant"),
        |tenant| format!("the tenant `{}`", tenant.key),
    ))
}

fn consequence(plan: &Plan, fleet: &str) -> String {
    format!(
        "this undoes {} in the shared schema and in {fleet}; the data that they made room for is lost",
        plan.migrations.join(", "),
    )
}
