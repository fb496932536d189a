//! `check --references`: rows that reference nothing, where no constraint tells.

use postgres::Client;

use super::finding::{Finding, Severity, find};
use super::output::count;
use super::project::told_over;
use crate::migrate::{Sample, Unchecked, find_dangling, unchecked};
use crate::model::ModelDef;

/// Looks through the tenants if that is asked for, and otherwise says how.
pub(super) fn check_references(
    models: &[&'static ModelDef],
    client: Option<&mut Client>,
    findings: &mut Vec<Finding>,
) {
    let mut fields = unchecked(models);
    if fields.is_empty() {
        return;
    }
    let Some(client) = client else {
        let names: Vec<String> = fields.iter().map(name).collect();
        let message = format!(
            "no constraint checks {}; `check --references` looks for rows that reference nothing",
            names.join(", ")
        );
        return find(findings, Severity::Note, message);
    };
    if let Err(error) = find_dangling(client, &mut fields) {
        let error = told_over(client, error);
        let message = format!("references could not be looked through: {error}");
        return find(findings, Severity::Wrong, message);
    }
    for field in &fields {
        judge(field, findings);
    }
}

fn judge(field: &Unchecked, findings: &mut Vec<Finding>) {
    let (name, target) = (name(field), field.target.model);
    for error in field.unseen.iter().take(Sample::LISTED) {
        let message = format!("{name} could not be looked through: {error}");
        find(findings, Severity::Wrong, message);
    }
    let unlisted = field.unseen.len().saturating_sub(Sample::LISTED);
    if unlisted > 0 {
        let message = format!("so it is with {unlisted} more");
        find(findings, Severity::Wrong, message);
    }
    if field.found.is_empty() {
        let tenants = count(field.seen, "tenant");
        let message = format!("each row that {name} references is there, in {tenants}");
        return find(findings, Severity::Ok, message);
    }
    let tenants = field.found.iter().take(Sample::LISTED);
    let tenants = tenants.map(|it| {
        let rows = usize::try_from(it.rows).unwrap_or(usize::MAX);
        format!("{} of `{}`", count(rows, "row"), it.tenant)
    });
    let mut tenants: Vec<String> = tenants.collect();
    let more = field.found.len().saturating_sub(Sample::LISTED);
    if more > 0 {
        tenants.push(format!("and {more} more tenants"));
    }
    let message = format!(
        "{name} references rows of `{target}` that are not there: {}\n\
         help: give these rows another reference, or add the rows of `{target}`",
        tenants.join(", ")
    );
    find(findings, Severity::Wrong, message);
}

fn name(field: &Unchecked) -> String {
    format!("`{}.{}`", field.model.name, field.def.field)
}
