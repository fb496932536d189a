//! The tables of the page, which tell all without its picture.

use maud::{Markup, html};

use super::super::output::{moment, some_of};
use super::{Content, grouped};
use crate::migrate::{Drift, MigrationStatus, Sample, Status, TenantStatus, VersionStatus};

/// The tenants that need a look, and why.
pub(super) fn attention(status: &Status) -> Markup {
    let is_calm = [
        &status.failed,
        &status.missing,
        &status.half_way,
        &status.behind,
        &status.left_out,
    ]
    .iter()
    .all(|sample| sample.count == 0);
    if is_calm && status.conflicts.is_empty() && status.ahead.is_empty() {
        return html! {};
    }
    html! {
        section {
            h2 { "What needs a look" }
            @for conflict in &status.conflicts { p.bad { "Conflict: " (conflict) } }
            @if !status.ahead.is_empty() {
                p { "The database has migrations that are not in the folder: " (status.ahead.join(", ")) }
            }
            (list("Failed", "bad", &status.failed, |tenant| html! {
                (tenant.failed_at.map(moment).unwrap_or_default())
                pre { (tenant.error.as_deref().unwrap_or_default()) }
            }))
            (list("Without schema", "bad", &status.missing, |tenant| html! {
                "The schema " code { (tenant.schema) } " is not there."
            }))
            (list("Half-way", "warn", &status.half_way, |tenant| html! {
                "In the migration after version " (tenant.position) ", step " (tenant.step)
                @if let Some(batch) = &tenant.batch { ": " (batch) }
            }))
            (list("Furthest behind", "warn", &status.behind, |tenant| {
                let at = status.version(tenant.position);
                html! {
                    "lacks " (at.map(|at| some_of(&at.pending)).unwrap_or_default())
                    @if let Some(since) = at.and_then(|at| at.behind_since) { ", since " (moment(since)) }
                }
            }))
            (list("Being dropped", "", &status.left_out, |tenant| html! { (tenant.state) }))
        }
    }
}

fn list(
    title: &str,
    class: &str,
    sample: &Sample,
    why: impl Fn(&TenantStatus) -> Markup,
) -> Markup {
    if sample.count == 0 {
        return html! {};
    }
    let more = sample.count - sample.first.len();
    html! {
        details open[sample.count <= 5 || class == "bad"] {
            summary.(class) { (title) ": " (grouped(sample.count)) }
            table {
                @for tenant in &sample.first {
                    tr { th scope="row" { (tenant.key) } td { (why(tenant)) } }
                }
            }
            @if more > 0 { p.note { "… and " (grouped(more)) " more" } }
        }
    }
}

/// The schemas that are not what their migrations make, or that nobody has asked for a comparison.
pub(super) fn drifted(status: &Status, drift: Option<&Drift>) -> Markup {
    html! {
        @if drift.is_none() && status.is_migrated {
            p.note { "Not compared with what the migrations make: " code { "status --drift --html" } " does it." }
        }
        @if let Some(drift) = drift {
            section {
                h2 { "Changed by hand" }
                p { (grouped(drift.compared)) " schemas compared with what the migrations make." }
                @for what in &drift.uncompared { p { "Not compared: " (what) } }
                table {
                    @for schema in &drift.found {
                        tr {
                            th scope="row" { (schema.tenant.as_ref().map_or("shared schema", |key| key.as_str())) }
                            td { @for change in &schema.changes { p.bad { (change) } } }
                        }
                    }
                }
            }
        }
    }
}

/// How many tenants are at each version.
pub(super) fn versions(status: &Status) -> Markup {
    if status.versions.is_empty() {
        return html! {};
    }
    let most = status.versions.iter().map(|at| at.tenants).max();
    let most = most.unwrap_or_default().max(1);
    html! {
        section {
            h2 { "Versions" }
            div.wide { table.grid {
                thead { tr {
                    th scope="col" { "Version" }
                    th.number scope="col" { "Tenants" }
                    th scope="col" aria-hidden="true" { }
                    th.number scope="col" { "Standbys" }
                    th.number scope="col" { "Failed" }
                    th scope="col" { "Lacks" }
                    th scope="col" { "Behind since" }
                } }
                tbody {
                    @for (place, at) in status.versions.iter().enumerate() {
                        tr {
                            th scope="row" { (name(at)) }
                            td.number { (grouped(at.tenants)) }
                            td { (bar(place, at.tenants * 100 / most)) }
                            td.number { (some(at.standbys)) }
                            td.number.bad { (some(at.failed)) }
                            td { (some_of(&at.pending)) }
                            td.when { (at.behind_since.map(moment).unwrap_or_default()) }
                        }
                    }
                }
            } }
        }
    }
}

fn name(at: &VersionStatus) -> String {
    match &at.migration {
        Some(migration) => migration.clone(),
        None if at.position == 0 => "before the first".to_owned(),
        None => format!("version {}", at.position),
    }
}

fn bar(place: usize, percent: usize) -> Markup {
    html! {
        svg.bar viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" {
            rect.(format!("v{}", place.min(7))) width=(percent.max(1)) height="8" { }
        }
    }
}

/// A number, unless there is none.
fn some(number: usize) -> String {
    if number == 0 {
        return String::new();
    }
    grouped(number)
}

/// Where each migration is applied.
pub(super) fn migrations(content: &Content<'_>) -> Markup {
    let Content {
        status, changes, ..
    } = content;
    html! {
        section {
            h2 { "Migrations" }
            @if status.migrations.is_empty() { p { "There are none yet." } }
            @else {
                div.wide { table.grid {
                    thead { tr {
                        th scope="col" { "Migration" }
                        th scope="col" { "Shared schema" }
                        th scope="col" { "Tenants" }
                    } }
                    tbody {
                        @for migration in &status.migrations {
                            tr {
                                th scope="row" { (migration.id) }
                                td { (shared(migration)) }
                                td { (tenants(migration)) }
                            }
                        }
                    }
                } }
            }
            @if !changes.is_empty() {
                p { "The models have changes without a migration:" }
                ul { @for change in *changes { li { (change) } } }
            }
        }
    }
}

fn shared(migration: &MigrationStatus) -> &'static str {
    match migration.shared {
        None => "",
        Some(part) if part.pending == 0 => "applied",
        Some(_) => "pending",
    }
}

fn tenants(migration: &MigrationStatus) -> Markup {
    html! {
        @if let Some(part) = migration.tenant {
            (grouped(part.applied)) " of " (grouped(part.applied + part.pending))
        }
    }
}
