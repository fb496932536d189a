//! Plans and reports of runs, as text.

use super::Verdict;
use super::output::{Console, about, count, milliseconds, some_of};
use crate::migrate::{
    Blocked, Direction, LeftOut, Phase, Plan, Report, SharedReport, Step, Trial, WaitsFor,
};

/// Failures that are printed, one by one.
pub(super) const COMPLAINTS: usize = 20;

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
    if let Some(time) = plan.forecast.filter(|_| !plan.is_empty()) {
        console.line(format_args!(
            "it will take about {}, judged by earlier runs",
            about(time)
        ));
    }
    for part in &plan.parts {
        let more = match part.schemas {
            1 => String::new(),
            more => format!(", and {} more", more - 1),
        };
        console.line(format_args!(
            "\n-- {}, in the schema `{}`{more}\n{}",
            part.file, part.schema, part.sql
        ));
    }
    if let Some(blocked) = &plan.blocked {
        show_blocked(blocked, Direction::Up, console);
    }
    show_rest(&plan.left_out, &plan.ahead, console);
}

/// Shows what all in all was done, and complains if something was not.
pub(super) fn show_report(
    report: &Report,
    direction: Direction,
    json: bool,
    console: &mut Console<'_>,
) -> Verdict {
    // A program was told as the last event.
    if !json {
        for id in &report.booked {
            console.line(format_args!(
                "`{id}` has taken the place of others; whoever had all of these has it"
            ));
        }
        if !is_idle(report) {
            console.line(summary(report, direction));
        }
        if let Some(blocked) = &report.blocked {
            show_blocked(blocked, direction, console);
        }
        show_rest(&report.left_out, &report.ahead, console);
    }
    if let Some(why) = &report.stopped {
        console.complain(format_args!(
            "the run was stopped: {why}\nhelp: what is done stays done; `migrate` goes on from there"
        ));
    }
    if let Some(error) = &report.new_tenants {
        console.complain(format_args!(
            "no tenant can be made by the migrations: {}\nhelp: fix the migration; nothing is applied to tenants yet",
            error.message
        ));
        return Verdict::Found;
    }
    let failures = report.failures().count();
    if failures > 0 {
        let more = failures.saturating_sub(COMPLAINTS);
        let more = match more {
            0 => String::new(),
            _ => format!(", {more} more than are shown; `status --all` shows every tenant"),
        };
        console.complain(format_args!(
            "{} failed{more}\nhelp: what is done stays done; run it again when the cause is fixed, and it goes on from there",
            count(failures, "schema")
        ));
    }
    if report.is_success() {
        Verdict::Fine
    } else {
        Verdict::Found
    }
}

/// Whether there was nothing to do.
pub(super) fn is_idle(report: &Report) -> bool {
    let is_done = report.stopped.is_none() && report.blocked.is_none();
    is_done
        && report.new_tenants.is_none()
        && report.shared.is_empty()
        && report.migrated == 0
        && report.failed.is_empty()
}

fn summary(report: &Report, direction: Direction) -> String {
    let verb = match direction {
        Direction::Up => "migrated",
        Direction::Down => "rolled back",
    };
    let is_done = |shared: &&SharedReport| shared.error.is_none();
    let steps = report.shared.iter().filter(is_done).count();
    let shared = match steps {
        0 => String::new(),
        _ => format!("{} in the shared schema, ", count(steps, "step")),
    };
    let failed = match report.failures().count() {
        0 => String::new(),
        failed => format!(", {failed} failed"),
    };
    format!(
        "{shared}{} {verb} in {}{failed}",
        count(report.migrated, "tenant"),
        milliseconds(report.duration)
    )
}

fn show_blocked(blocked: &Blocked, direction: Direction, console: &mut Console<'_>) {
    let migration = &blocked.migration;
    let until = match direction {
        Direction::Up => "has what comes before it",
        Direction::Down => "is back before it",
    };
    let waits = match &blocked.waits_for {
        WaitsFor::Tenants => {
            format!("the shared part of `{migration}` waits until every tenant {until}")
        }
        WaitsFor::ActiveTenants => format!(
            "`{migration}` takes something away, and waits until every active tenant {until}"
        ),
        WaitsFor::Applications(running) => {
            let running: Vec<String> = running
                .iter()
                .map(|it| {
                    let (name, last) = (&it.name, &it.migration);
                    format!(
                        "{} of `{name}`, up to `{last}`",
                        count(it.processes, "instance")
                    )
                })
                .collect();
            format!(
                "`{migration}` takes something away, and waits until no version of the application runs that does not know it: {}",
                running.join("; ")
            )
        }
        WaitsFor::Phase(phase @ Phase::Backfill) => format!(
            "`{migration}` waits for `migrate --phase {phase}`, once all versions of the application that run write new rows as \
             it leaves the old ones"
        ),
        WaitsFor::Phase(phase) => format!(
            "`{migration}` waits for `migrate --phase {phase}`, once no version of the application runs that is older than it"
        ),
    };
    console.line(waits);
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

/// Shows what came of trying migrations out.
pub(super) fn show_trial(trial: &Trial, console: &mut Console<'_>) -> Verdict {
    console.line("tried in transactions that were rolled back:");
    for tried in &trial.tenants {
        let who = tried.tenant.as_ref().map_or_else(
            || "a new tenant".to_owned(),
            |key| format!("tenant `{key}`"),
        );
        let works = match tried.migrations.len() {
            // That it would not work is not so.
            0 if tried.error.is_none() => "nothing was tried".to_owned(),
            0 => "nothing would work".to_owned(),
            _ => format!("{} would work", tried.migrations.join(", ")),
        };
        console.line(format_args!("  {who}: {works}"));
        for untried in &tried.untried {
            console.line(format_args!("    not tried: {untried}"));
        }
    }
    if trial.tenants.is_empty() {
        console.line("  there is nothing to migrate");
    }
    for (_, failure) in trial.failures().take(COMPLAINTS) {
        console.complain(&failure.message);
    }
    let failed = trial.failures().count();
    if failed == 0 {
        return Verdict::Fine;
    }
    let help = "help: nothing was changed; fix the migration or the rows before you migrate";
    console.complain(format_args!(
        "{} would fail\n{help}",
        count(failed, "schema")
    ));
    Verdict::Found
}
