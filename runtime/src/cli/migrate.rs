//! `migrate`: applies the chain.

use std::time::Duration;

use super::Verdict;
use super::args::Migrate;
use super::output::{Console, Table, count, some_of};
use super::project::Project;
use crate::error::Result;
use crate::migrate::{Blocked, Failure, LeftOut, Migrator, Plan, Report, Step};

pub(super) fn run(project: &Project, args: &Migrate, console: &mut Console<'_>) -> Result<Verdict> {
    let mut migrator = project.migrator(project.chain()?);
    if let Some(to) = &args.to {
        migrator = migrator.to(to);
    }
    if !args.tenants.is_empty() {
        migrator = migrator.only(args.tenants.iter().cloned());
    }
    let mut client = project.connect()?;
    if args.dry_run {
        let plan = migrator.dry_run(&mut client)?;
        if args.format.json {
            console.json(&plan);
        } else {
            show_plan(&plan, &migrator, console);
        }
        return Ok(Verdict::Fine);
    }
    let report = migrator.attempt(&mut client)?;
    let verdict = show_report(&report, args.format.json, console);
    if !args.format.json {
        if report.shared.is_empty() && report.tenants.is_empty() {
            console.line(nothing_to_do(&migrator));
        }
        // Models that don't fit together are no matter of the database: `check` tells of them.
        if project
            .changes(migrator.chain())
            .is_ok_and(|changes| !changes.is_empty())
        {
            console.line("the models have changes without a migration; `makemigrations` writes it");
        }
    }
    Ok(verdict)
}

fn nothing_to_do(migrator: &Migrator) -> String {
    match migrator.chain().migrations().last() {
        Some(last) => format!("nothing to migrate; the last migration is `{}`", last.id()),
        None => "nothing to migrate; there are no migrations yet".to_owned(),
    }
}

fn show_plan(plan: &Plan, migrator: &Migrator, console: &mut Console<'_>) {
    if plan.is_empty() {
        console.line(nothing_to_do(migrator));
    } else {
        console.line("this would be done, in this order:");
    }
    if plan.creates_bookkeeping {
        console.line("  make the bookkeeping schema `tenantry`");
    }
    for step in &plan.steps {
        match step {
            Step::Shared { migration } => {
                console.line(format_args!("  shared schema: {migration}"));
            }
            Step::Tenants { groups } => {
                for group in groups {
                    console.line(format_args!(
                        "  {} ({}): {}",
                        count(group.tenants.len(), "tenant"),
                        some_of(&group.tenants),
                        group.migrations.join(", ")
                    ));
                }
            }
        }
    }
    show_rest(plan.blocked.as_ref(), &plan.left_out, &plan.ahead, console);
}

/// Shows what was done to each schema, and complains of each failure.
pub(super) fn show_report(report: &Report, json: bool, console: &mut Console<'_>) -> Verdict {
    if json {
        console.json(report);
    } else {
        show_done(report, console);
        show_rest(
            report.blocked.as_ref(),
            &report.left_out,
            &report.ahead,
            console,
        );
    }
    for (_, failure) in report.failures() {
        console.complain(&failure.message);
    }
    if report.is_success() {
        Verdict::Fine
    } else {
        Verdict::Found
    }
}

fn show_done(report: &Report, console: &mut Console<'_>) {
    let mut table = Table::default();
    for shared in &report.shared {
        let done = match shared.error {
            Some(_) => format!("{} failed", shared.migration),
            None => shared.migration.clone(),
        };
        table.row([
            "shared schema".to_owned(),
            done,
            milliseconds(shared.duration),
        ]);
    }
    for tenant in &report.tenants {
        let done = outcome(&tenant.migrations, tenant.error.as_ref());
        table.row([
            format!("tenant {}", tenant.key),
            done,
            milliseconds(tenant.duration),
        ]);
    }
    if !table.is_empty() {
        console.line(table);
    }
}

fn outcome(migrations: &[String], error: Option<&Failure>) -> String {
    let done = migrations.join(", ");
    match (done.is_empty(), error.is_some()) {
        (true, true) => "failed".to_owned(),
        (false, true) => format!("{done}; the next failed"),
        (_, false) => done,
    }
}

fn show_rest(
    blocked: Option<&Blocked>,
    left_out: &[LeftOut],
    ahead: &[String],
    console: &mut Console<'_>,
) {
    if let Some(Blocked { migration, .. }) = blocked {
        console.line(format_args!(
            "the shared part of `{migration}` waits until every tenant has what comes before it"
        ));
    }
    for LeftOut { key, state, .. } in left_out {
        console.line(format_args!(
            "tenant `{key}` is left out, because it is {state}"
        ));
    }
    if !ahead.is_empty() {
        console.line(format_args!(
            "the database has migrations that are not in the folder: `{}`",
            ahead.join("`, `")
        ));
    }
}

fn milliseconds(duration: Duration) -> String {
    format!("{} ms", duration.as_millis())
}
