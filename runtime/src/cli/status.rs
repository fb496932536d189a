//! `status`: what is applied where.

use std::fs;
use std::path::Path;

use postgres::Client;
use serde::Serialize;

use super::Verdict;
use super::args;
use super::drifted::alike;
use super::output::{Console, TextTable, about, count, moment};
use super::page::{Content, page};
use super::project::Project;
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::{
    Drift, MigrationStatus, PartStatus, Sample, Status, TenantStatus, VersionStatus,
    shown_contradictions,
};
use crate::tenant::TenantState;

/// The JSON for programs.
#[derive(Serialize)]
struct StatusJson<'a> {
    is_up_to_date: bool,
    /// Changes of the models since the last migration.
    changes: &'a [String],
    #[serde(flatten)]
    status: &'a Status,
    /// Where registry, ledger and schemas contradict each other.
    contradictions: &'a [String],
    /// The schemas that are not what their migrations make; `null`, and not left out, where nothing was compared.
    drift: Option<&'a Drift>,
    /// Every tenant, if that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    tenants: Option<&'a [TenantStatus]>,
}

pub(super) fn run(
    project: &Project,
    args: &args::Status,
    console: &mut Console<'_>,
) -> Result<Verdict> {
    let migrator = project
        .migrator(project.chain_or_empty()?)
        .configure(&project.config()?);
    let changes = project.changes(migrator.chain())?;
    let changes: Vec<String> = changes.iter().map(ToString::to_string).collect();
    let mut client = project.connect()?;
    let status = migrator.on(&mut client).status()?;
    project.expect_folder(&status)?;
    let drift = if args.drift && status.is_migrated {
        Some(migrator.on(&mut client).drift()?)
    } else {
        None
    };
    let contradictions = if status.is_migrated {
        shown_contradictions(&mut client)?
    } else {
        Vec::new()
    };
    if let Some(path) = &args.html {
        let content = Content {
            database: &database(&mut client)?,
            status: &status,
            tenants: &migrator.on(&mut client).tenants()?,
            changes: &changes,
            drift: drift.as_ref(),
        };
        write(path, &page(&content))?;
        console.line(format_args!("wrote `{}`", path.display()));
        return Ok(Verdict::Fine);
    }
    let tenants = if args.all {
        Some(migrator.on(&mut client).tenants()?)
    } else {
        None
    };
    if args.format.json {
        console.json(&StatusJson {
            is_up_to_date: status.is_up_to_date(),
            changes: &changes,
            status: &status,
            contradictions: &contradictions,
            drift: drift.as_ref(),
            tenants: tenants.as_deref(),
        });
        return Ok(Verdict::Fine);
    }
    show_migrations(&status, console);
    show_fleet(&status, console);
    if let Some(tenants) = &tenants {
        show_all(&status, tenants, console);
    }
    show_rest(&status, console);
    show_contradictions(&contradictions, console);
    match &drift {
        Some(drift) => show_drift(drift, console),
        // Silence would be taken for equality.
        None if status.is_migrated => console.line(
            "the schemas were not compared with what the migrations make; `status --drift` does it",
        ),
        None => (),
    }
    show_changes(&changes, console);
    Ok(Verdict::Fine)
}

fn database(client: &mut Client) -> Result<String> {
    let row = client.query_typed_one("SELECT pg_catalog.current_database()::text", &[])?;
    Ok(row.try_get(0)?)
}

fn write(path: &Path, page: &str) -> Result<()> {
    fs::write(path, page).map_err(|error| {
        let message = format!(
            "can't write `{}`: {error}\nhelp: name a file in a folder that is there and that you may write to",
            path.display()
        );
        Error::new(ErrorKind::Configuration, message).because(error)
    })
}

fn show_migrations(status: &Status, console: &mut Console<'_>) {
    if status.migrations.is_empty() {
        console.line("there are no migrations yet; `makemigrations` writes the first");
        return;
    }
    let mut table = TextTable::new(["MIGRATION", "SHARED", "TENANTS"]);
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

fn show_fleet(status: &Status, console: &mut Console<'_>) {
    for at in status.versions.iter().filter(|at| at.tenants > 0) {
        let since = at.behind_since.map(moment);
        let since = since.map_or_else(String::new, |since| format!(", behind since {since}"));
        let tenants = count(at.tenants, "tenant");
        console.line(format_args!("{tenants} {}{since}", place(at)));
    }
    if let Some(time) = status.forecast {
        let time = about(time);
        console.line(format_args!(
            "a run will take about {time}, judged by earlier runs"
        ));
    }
    let standbys = &status.standbys;
    if standbys.ready + standbys.unready > 0 {
        console.line(format_args!(
            "{}, {} of them ready",
            count(standbys.ready + standbys.unready, "standby"),
            standbys.ready
        ));
    }
    for state in &status.states {
        if state.state != TenantState::Suspended {
            continue;
        }
        let tenants = count(state.tenants, "tenant");
        console.line(format_args!("{tenants} {}", state.state));
    }
    show_some(&status.behind, console, |tenant| {
        let pending = status
            .version(tenant.position)
            .map(|at| at.pending.join(", "));
        let pending = pending.unwrap_or_default();
        format!("tenant `{}` lacks {pending}", tenant.key)
    });
    show_some(&status.half_way, console, |tenant| {
        let batch = tenant.batch.as_ref().map(|batch| format!(": {batch}"));
        format!(
            "tenant `{}` is half-way through the migration after version {}{}; `migrate` goes on there",
            tenant.key,
            tenant.position,
            batch.unwrap_or_default()
        )
    });
    show_some(&status.failed, console, |tenant| {
        let error = tenant.error.as_deref().unwrap_or_default();
        format!(
            "tenant `{}` failed: {}",
            tenant.key,
            error.replace('\n', "\n  ")
        )
    });
    show_some(&status.missing, console, missing);
    show_some(&status.left_out, console, |tenant| {
        format!(
            "tenant `{}` is left out, because it is {}",
            tenant.key, tenant.state
        )
    });
}

/// Tells of a tenant whose schema is not there, and what to do.
pub(super) fn missing(tenant: &TenantStatus) -> String {
    format!(
        "tenant `{}` has no schema `{}`: it was dropped or renamed behind the registry's back\n  \
         help: bring it back, or drop the tenant",
        tenant.key, tenant.schema
    )
}

/// Tells that new tenants are made at a version that every tenant is beyond, as they are while a rollback is under way.
pub(super) fn made_behind(status: &Status) -> Option<String> {
    let there = status.versions.iter().filter(|at| at.tenants > 0);
    let lowest = there.map(|at| at.position).min()?;
    (status.tenant_position < lowest).then(|| {
        format!(
            "new tenants are made at version {}, and every tenant is beyond it; unless somebody is rolling back, `migrate` has \
             them made like the others",
            status.tenant_position
        )
    })
}

/// Where the tenants at a version are.
fn place(at: &VersionStatus) -> String {
    match &at.migration {
        Some(migration) => format!("at {migration}"),
        None if at.position == 0 => "before the first migration".to_owned(),
        None => format!("at version {}, which is not in the folder", at.position),
    }
}

fn show_some(sample: &Sample, console: &mut Console<'_>, line: impl Fn(&TenantStatus) -> String) {
    for tenant in &sample.first {
        console.line(line(tenant));
    }
    let more = sample.count - sample.first.len();
    if more > 0 {
        console.line(format_args!(
            "… and {more} more; `--all` shows every tenant"
        ));
    }
}

fn show_all(status: &Status, tenants: &[TenantStatus], console: &mut Console<'_>) {
    if tenants.is_empty() {
        return;
    }
    let mut table = TextTable::new(["TENANT", "STATE", "VERSION", ""]);
    for tenant in tenants {
        let version = status.version(tenant.position);
        let id = version.and_then(|at| at.migration.clone());
        let remark = match tenant {
            TenantStatus {
                is_missing: true, ..
            } => "its schema is missing",
            TenantStatus { error: Some(_), .. } => "failed",
            TenantStatus { step: 1.., .. } => "half-way",
            _ if version.is_some_and(|at| !at.pending.is_empty()) => "behind",
            _ => "",
        };
        table.row([
            tenant.key.to_string(),
            tenant.state.to_string(),
            id.unwrap_or_else(|| tenant.position.to_string()),
            remark.to_owned(),
        ]);
    }
    console.line(table);
}

fn show_rest(status: &Status, console: &mut Console<'_>) {
    if let Some(behind) = made_behind(status) {
        console.line(behind);
    }
    for conflict in &status.conflicts {
        console.line(format_args!("conflict: {conflict}"));
    }
    if !status.ahead.is_empty() {
        console.line(format_args!(
            "the database has migrations that are not in the folder: `{}`",
            status.ahead.join("`, `")
        ));
    }
}

fn show_contradictions(contradictions: &[String], console: &mut Console<'_>) {
    for contradiction in contradictions.iter().take(Sample::LISTED) {
        let contradiction = contradiction.replace('\n', "\n  ");
        console.line(format_args!(
            "the metadata tables contradict themselves: {contradiction}"
        ));
    }
    let more = contradictions.len().saturating_sub(Sample::LISTED);
    if more > 0 {
        console.line(format_args!("… and so it is with {more} more"));
    }
}

fn show_drift(drift: &Drift, console: &mut Console<'_>) {
    for drifted in &drift.found {
        console.line(alike(&[drifted]));
    }
    for what in &drift.uncompared {
        console.line(format_args!("not compared: {what}"));
    }
    console.line(format_args!(
        "{} compared with what the migrations make, {} not so",
        count(drift.compared, "schema"),
        drift.found.len()
    ));
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
