//! `status`: what is applied where.

use std::collections::BTreeMap;

use serde::Serialize;

use super::Verdict;
use super::args;
use super::output::{Console, Table, count};
use super::project::Project;
use crate::error::Result;
use crate::migrate::{MigrationStatus, PartStatus, Status, TenantStatus};

/// How many tenants are listed; a program that wants all takes the JSON.
const LISTED: usize = 20;

/// What a program gets.
#[derive(Serialize)]
struct Whole<'a> {
    is_up_to_date: bool,
    /// What the models have changed since the last migration.
    changes: Vec<String>,
    #[serde(flatten)]
    status: &'a Status,
}

pub(super) fn run(
    project: &Project,
    args: &args::Status,
    console: &mut Console<'_>,
) -> Result<Verdict> {
    let migrator = project.migrator(project.chain_or_empty()?);
    let changes = project.changes(migrator.chain())?;
    let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
    let status = migrator.status(&mut project.connect()?)?;
    if args.format.json {
        let whole = Whole {
            is_up_to_date: status.is_up_to_date(),
            changes,
            status: &status,
        };
        console.json(&whole);
        return Ok(Verdict::Fine);
    }
    show_migrations(&status, console);
    show_tenants(&status, console);
    for conflict in &status.conflicts {
        console.line(format_args!("conflict: {conflict}"));
    }
    if !status.ahead.is_empty() {
        console.line(format_args!(
            "the database has migrations that are not in the folder: `{}`",
            status.ahead.join("`, `")
        ));
    }
    show_changes(&changes, console);
    Ok(Verdict::Fine)
}

fn show_migrations(status: &Status, console: &mut Console<'_>) {
    if status.migrations.is_empty() {
        console.line("there are no migrations yet; `makemigrations` writes the first");
        return;
    }
    let mut table = Table::new(["MIGRATION", "SHARED", "TENANTS"]);
    for migration in &status.migrations {
        table.row([
            migration.id.clone(),
            shared(migration),
            migration.tenant.map(tenants).unwrap_or_default(),
        ]);
    }
    console.line(table);
    if !status.is_migrated {
        console.line("the database was never migrated; `migrate` does it");
    }
}

fn shared(migration: &MigrationStatus) -> String {
    let shown = migration.shared.map(|part| match part.pending {
        0 => "applied",
        _ => "pending",
    });
    shown.unwrap_or_default().to_owned()
}

fn tenants(part: PartStatus) -> String {
    format!("{} of {}", part.applied, part.applied + part.pending)
}

fn show_tenants(status: &Status, console: &mut Console<'_>) {
    let migrated = status
        .tenants
        .iter()
        .filter(|tenant| tenant.state.is_migrated());
    let mut versions: BTreeMap<i32, usize> = BTreeMap::new();
    migrated.for_each(|tenant| *versions.entry(tenant.position).or_default() += 1);
    for (version, number) in versions.iter().rev() {
        let tenants = count(*number, "tenant");
        let place = place(status, *version);
        console.line(format_args!("{tenants} {place}"));
    }
    let behind = status.behind().map(|tenant| {
        format!(
            "tenant `{}` lacks {}",
            tenant.key,
            tenant.pending.join(", ")
        )
    });
    let failed = status.failed().map(|tenant| {
        let error = tenant.error.as_deref().unwrap_or_default();
        format!("tenant `{}` failed: {error}", tenant.key)
    });
    let is_out = |tenant: &&TenantStatus| !tenant.state.is_migrated();
    let out = status.tenants.iter().filter(is_out).map(|tenant| {
        format!(
            "tenant `{}` is left out, because it is {}",
            tenant.key, tenant.state
        )
    });
    show_some(behind, console);
    show_some(failed, console);
    show_some(out, console);
}

/// Where a tenant at a position of the chain is.
fn place(status: &Status, position: i32) -> String {
    let mut migrations = status.migrations.iter();
    match migrations.find(|migration| migration.position == position) {
        Some(migration) => format!("at {}", migration.id),
        None if position == 0 => "before the first migration".to_owned(),
        None => format!("at version {position}, which is not in the folder"),
    }
}

fn show_some(mut lines: impl Iterator<Item = String>, console: &mut Console<'_>) {
    for line in lines.by_ref().take(LISTED) {
        console.line(line);
    }
    let more = lines.count();
    if more > 0 {
        console.line(format_args!("… and {more} more; `--json` has all"));
    }
}

fn show_changes(changes: &[String], console: &mut Console<'_>) {
    if changes.is_empty() {
        return;
    }
    console.line("the models have changes without a migration; `makemigrations` writes it:");
    for change in changes {
        console.line(format_args!("  {change}"));
    }
}
