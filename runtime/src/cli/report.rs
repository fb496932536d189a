//! What a run would do, and what it did.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;

use super::Verdict;
use super::output::{Console, Table, count, some_of};
use crate::migrate::{
    Blocked, Event, LeftOut, Migrator, Plan, Report, SharedReport, Step, TenantReport,
};

/// Which way a run goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Way {
    /// Migrations are applied: the shared schema goes ahead.
    Up,
    /// Migrations are undone: tenants go ahead.
    Down,
}

/// What a program gets.
#[derive(Serialize)]
struct Whole<'a> {
    #[serde(flatten)]
    report: &'a Report,
    tenants: &'a [TenantReport],
}

/// What became of each tenant, as a run tells it.
#[derive(Default, Clone)]
pub(super) struct Seen(Arc<Mutex<Vec<TenantReport>>>);

impl Seen {
    /// Takes what was told so far.
    pub(super) fn take(&self) -> Vec<TenantReport> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Keeps what a migrator tells of each tenant.
pub(super) fn watch(migrator: Migrator) -> (Migrator, Seen) {
    let seen = Seen::default();
    let kept = seen.clone();
    let migrator = migrator.observe(move |event| {
        if let Event::Tenant(tenant) = event {
            let mut seen = kept.0.lock().unwrap_or_else(PoisonError::into_inner);
            seen.push(tenant.clone());
        }
    });
    (migrator, seen)
}

/// Shows what would be done.
pub(super) fn show_plan(plan: &Plan, console: &mut Console<'_>) {
    if !plan.is_empty() {
        console.line("this would be applied, in this order:");
    }
    if plan.creates_bookkeeping {
        console.line("  the bookkeeping schema `tenantry`");
    }
    for step in &plan.steps {
        match step {
            Step::Shared { migration } => {
                console.line(format_args!("  shared schema: {migration}"));
            }
            Step::Tenants { rollout, groups } => {
                let named = rollout.as_ref().map(|name| format!("group `{name}`: "));
                let named = named.unwrap_or_default();
                for group in groups {
                    console.line(format_args!(
                        "  {named}{} ({}): {}",
                        count(group.tenants.len(), "tenant"),
                        some_of(&group.tenants),
                        group.migrations.join(", ")
                    ));
                }
            }
        }
    }
    if plan.sql_bytes() > 0 {
        let bytes = plan.sql_bytes();
        console.line(match plan.forecast {
            Some(time) => format!(
                "{} of SQL for the tenants; it will take about {}, judged by earlier runs",
                kilobytes(bytes),
                about(time)
            ),
            None => format!("{} of SQL for the tenants", kilobytes(bytes)),
        });
    }
    if let Some(blocked) = &plan.blocked {
        show_blocked(blocked, Way::Up, console);
    }
    show_rest(&plan.left_out, &plan.ahead, console);
}

/// Shows what was done to each schema, and complains of each failure.
pub(super) fn show_report(
    report: &Report,
    tenants: &[TenantReport],
    way: Way,
    json: bool,
    console: &mut Console<'_>,
) -> Verdict {
    if json {
        console.json(&Whole { report, tenants });
    } else {
        show_done(report, tenants, way, console);
        if let Some(blocked) = &report.blocked {
            show_blocked(blocked, way, console);
        }
        show_rest(&report.left_out, &report.ahead, console);
    }
    if let Some(why) = &report.stopped {
        console.complain(format_args!(
            "the run was stopped: {why}\nhelp: what is done stays done; `migrate` goes on from there"
        ));
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

fn show_done(report: &Report, tenants: &[TenantReport], way: Way, console: &mut Console<'_>) {
    if report.shared.is_empty() && tenants.is_empty() {
        return;
    }
    let mut shared: Vec<_> = report.shared.iter().map(shared_row).collect();
    let number = tenants.len();
    let mut tenants: Vec<_> = tenants.iter().map(tenant_row).collect();
    let mut table = Table::default();
    let rows = match way {
        Way::Up => shared.drain(..).chain(tenants.drain(..)),
        Way::Down => tenants.drain(..).chain(shared.drain(..)),
    };
    rows.for_each(|row| table.row(row));
    console.line(match way {
        Way::Up => "applied:",
        Way::Down => "undone:",
    });
    console.line(table);
    let failures = report.failures().count();
    let schemas = number + usize::from(!report.shared.is_empty());
    let took = milliseconds(report.duration);
    console.line(match failures {
        0 => format!("{} in {took}", count(schemas, "schema")),
        _ => format!("{} in {took}, {failures} failed", count(schemas, "schema")),
    });
}

fn shared_row(shared: &SharedReport) -> [String; 3] {
    let failed = if shared.error.is_some() {
        " failed"
    } else {
        ""
    };
    [
        "  shared schema".to_owned(),
        format!("{}{failed}", shared.migration),
        milliseconds(shared.duration),
    ]
}

fn tenant_row(tenant: &TenantReport) -> [String; 3] {
    let done = tenant.migrations.join(", ");
    let outcome = match (done.is_empty(), tenant.error.is_some()) {
        (true, true) => "failed".to_owned(),
        (false, true) => format!("{done}; the next failed"),
        (_, false) => done,
    };
    [
        format!("  tenant {}", tenant.key),
        outcome,
        milliseconds(tenant.duration),
    ]
}

fn show_blocked(blocked: &Blocked, way: Way, console: &mut Console<'_>) {
    let migration = &blocked.migration;
    let until = match way {
        Way::Up => "has what comes before it",
        Way::Down => "is back before it",
    };
    console.line(format_args!(
        "the shared part of `{migration}` waits until every tenant {until}"
    ));
}

fn show_rest(left_out: &[LeftOut], ahead: &[String], console: &mut Console<'_>) {
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

fn kilobytes(bytes: usize) -> String {
    if bytes < 10 * 1024 {
        return count(bytes, "byte");
    }
    format!("{} kB", bytes.div_ceil(1024))
}

/// A span of time, as exactly as a guess can be.
fn about(time: Duration) -> String {
    let seconds = time.as_secs_f64().ceil();
    if seconds < 120.0 {
        format!("{seconds} s")
    } else {
        format!("{} min", (seconds / 60.0).ceil())
    }
}

fn milliseconds(duration: Duration) -> String {
    format!("{} ms", duration.as_millis())
}
