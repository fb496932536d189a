//! `check`: whether models, migrations and database fit together.

use postgres::Client;
use serde::Serialize;

use super::drifted::alike;
use super::finding::{Finding, Severity, find};
use super::output::{Console, count, explain};
use super::project::{Project, told_over};
use super::references::check_references;
use super::repair;
use super::status::{made_behind, missing};
use super::{Verdict, args};
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::{
    AdviceKind, Chain, Migrator, Sample, Status, TenantStatus, advice, baseline_reason,
    contradictions, look_ups,
};
use crate::model::{ModelDef, PlacementKind};

/// The JSON for programs.
#[derive(Serialize)]
struct CheckJson {
    ok: bool,
    findings: Vec<Finding>,
}

pub(super) fn run(
    project: &Project,
    args: &args::Check,
    console: &mut Console<'_>,
) -> Result<Verdict> {
    if args.repair_shared || !args.repair.is_empty() {
        return repair::run(project, (&args.repair, args.repair_shared), console);
    }
    let mut findings = Vec::new();
    let models = check_models(project, &mut findings);
    let chain = check_chain(project, &mut findings);
    if let (Some(_), Some(chain)) = (&models, &chain) {
        check_changes(project, chain, &mut findings);
    }
    let models = models.unwrap_or_default();
    let mut looks_through = None;
    if let Some(chain) = chain
        && project.has_database()
    {
        // Without an answer of the database there is no verdict on it.
        let mut client = project.connect()?;
        check_database(project, chain, &mut client, &mut findings);
        looks_through = args.references.then_some(client);
    }
    check_references(&models, looks_through.as_mut(), &mut findings);
    list_escapes(&models, &mut findings);
    let ok = !findings.iter().any(|it| it.level == Severity::Wrong);
    if args.format.json {
        console.json(&CheckJson { ok, findings });
    } else {
        for finding in &findings {
            show(finding, console);
        }
    }
    Ok(if ok { Verdict::Fine } else { Verdict::Found })
}

fn show(finding: &Finding, console: &mut Console<'_>) {
    let level = match finding.level {
        Severity::Ok => "ok   ",
        Severity::Note => "note ",
        Severity::Wrong => "wrong",
    };
    let message = finding.message.replace('\n', "\n       ");
    console.line(format_args!("{level}  {message}"));
}

fn wrong(findings: &mut Vec<Finding>, error: &Error) {
    find(findings, Severity::Wrong, explain(error));
}

fn check_models(project: &Project, findings: &mut Vec<Finding>) -> Option<Vec<&'static ModelDef>> {
    match project.schema().models() {
        Ok(models) => {
            let is_shared = |model: &&&ModelDef| model.placement == PlacementKind::Shared;
            let shared = models.iter().filter(is_shared).count();
            let message = format!(
                "the models fit together: {shared} shared, {} of tenants",
                models.len() - shared
            );
            find(findings, Severity::Ok, message);
            Some(models)
        }
        Err(error) => {
            for violation in error.violations() {
                find(findings, Severity::Wrong, violation.to_string());
            }
            None
        }
    }
}

fn check_chain(project: &Project, findings: &mut Vec<Finding>) -> Option<Chain> {
    match project.chain_or_empty() {
        Ok(chain) => {
            let number = count(chain.migrations().len(), "migration");
            find(
                findings,
                Severity::Ok,
                format!("the chain is well-formed: {number}"),
            );
            for told in look_ups(&chain) {
                find(findings, Severity::Note, told);
            }
            for told in advice(&chain) {
                let level = match told.kind {
                    AdviceKind::Told | AdviceKind::Allowed => Severity::Note,
                    AdviceKind::Mistaken => Severity::Wrong,
                };
                find(findings, level, told.message);
            }
            Some(chain)
        }
        Err(error) => {
            wrong(findings, &error);
            None
        }
    }
}

fn check_changes(project: &Project, chain: &Chain, findings: &mut Vec<Finding>) {
    match project.changes(chain) {
        Ok(changes) if changes.is_empty() => {
            find(
                findings,
                Severity::Ok,
                "every change of the models has a migration",
            );
        }
        Ok(changes) => {
            let mut message =
                "the models have changes without a migration; `makemigrations` writes it"
                    .to_owned();
            for change in &changes {
                message.push_str("\n  ");
                message.push_str(&change.to_string());
            }
            find(findings, Severity::Wrong, message);
        }
        Err(error) => wrong(findings, &error),
    }
}

fn check_database(
    project: &Project,
    chain: Chain,
    client: &mut Client,
    findings: &mut Vec<Finding>,
) {
    let migrator = project.migrator(chain);
    match migrator.on(client).status() {
        Ok(status) => {
            if let Err(error) = project.expect_folder(&status) {
                wrong(findings, &error);
            } else {
                judge(&status, findings);
                if status.conflicts.is_empty() {
                    check_new_tenant(&migrator, client, findings);
                }
                if status.is_migrated {
                    check_metadata(client, findings);
                    check_drift(&migrator, client, findings);
                }
            }
        }
        Err(error) => {
            let error = told_over(client, error);
            wrong(findings, &error);
            // Where they are damaged, it helps to know whose rows contradict each other.
            if error.kind() == ErrorKind::DamagedMetadata
                && let Ok(found) = contradictions(client)
            {
                list_contradictions(found, findings);
            }
        }
    }
    match baseline_reason(client) {
        Ok(Some(reason)) => {
            let message = format!("new tenants are made by replaying the migrations: {reason}");
            find(findings, Severity::Note, message);
        }
        // Without metadata tables there is no reason either, and the above has said so.
        Err(error)
            if error.kind() != ErrorKind::NotMigrated
                && findings
                    .iter()
                    .all(|finding| finding.level != Severity::Wrong) =>
        {
            let error = told_over(client, error);
            let message = format!("how new tenants are made could not be looked up: {error}");
            find(findings, Severity::Wrong, message);
        }
        Ok(None) | Err(_) => {}
    }
}

/// Whether a tenant can be made, though there may be none yet.
fn check_new_tenant(migrator: &Migrator, client: &mut Client, findings: &mut Vec<Finding>) {
    if migrator.chain().migrations().is_empty() {
        return;
    }
    let tried = match migrator.on(client).try_new_tenant() {
        Ok(tried) => tried,
        Err(error) => {
            let message = format!("whether a tenant can be made could not be tried: {error}");
            return find(findings, Severity::Wrong, message);
        }
    };
    if let Some(error) = &tried.error {
        let message = format!("no tenant can be made by the migrations: {}", error.message);
        find(findings, Severity::Wrong, message);
    } else if tried.untried.is_empty() {
        let message = "a tenant can be made by the migrations: it was tried, and rolled back";
        find(findings, Severity::Ok, message);
    }
    for untried in &tried.untried {
        let message = format!("not tried for a new tenant: {untried}");
        find(findings, Severity::Note, message);
    }
}

fn check_metadata(client: &mut Client, findings: &mut Vec<Finding>) {
    match contradictions(client) {
        Ok(found) => list_contradictions(found, findings),
        Err(error) => {
            let error = told_over(client, error);
            let message = format!("the metadata tables could not be looked through: {error}");
            find(findings, Severity::Wrong, message);
        }
    }
}

fn list_contradictions(found: Vec<String>, findings: &mut Vec<Finding>) {
    let more = found.len().saturating_sub(Sample::LISTED);
    for contradiction in found.into_iter().take(Sample::LISTED) {
        find(findings, Severity::Wrong, contradiction);
    }
    if more > 0 {
        find(
            findings,
            Severity::Wrong,
            format!("so it is with {more} more"),
        );
    }
}

fn check_drift(migrator: &Migrator, client: &mut Client, findings: &mut Vec<Finding>) {
    let drift = match migrator.on(client).drift() {
        Ok(drift) => drift,
        Err(error) => {
            let message = format!("the schemas could not be compared: {error}");
            return find(findings, Severity::Wrong, message);
        }
    };
    let groups = drift.groups();
    for group in groups.iter().take(Sample::LISTED) {
        find(findings, Severity::Wrong, alike(group));
    }
    let listed = groups.iter().take(Sample::LISTED);
    let more = drift.found.len() - listed.map(Vec::len).sum::<usize>();
    if more > 0 {
        let message = format!("so it is with {more} more; `status --drift` shows them");
        find(findings, Severity::Wrong, message);
    }
    for what in &drift.uncompared {
        find(findings, Severity::Note, format!("not compared: {what}"));
    }
    if drift.found.is_empty() && drift.compared > 0 {
        let schemas = count(drift.compared, "schema");
        let message = format!("{schemas} compared: what is there is what the migrations make");
        find(findings, Severity::Ok, message);
    }
}

fn judge(status: &Status, findings: &mut Vec<Finding>) {
    let before = findings.len();
    for conflict in &status.conflicts {
        find(findings, Severity::Wrong, conflict);
    }
    find_some(&status.failed, findings, |tenant| {
        let error = tenant.error.as_deref().unwrap_or_default();
        format!(
            "the last migration of the tenant `{}` failed: {error}",
            tenant.key
        )
    });
    find_some(&status.missing, findings, missing);
    // Of what the folder does not have nothing is known.
    if findings.len() == before && status.is_migrated && status.ahead.is_empty() {
        find(
            findings,
            Severity::Ok,
            "what is applied to the database is what the migrations say",
        );
    }
    if !status.ahead.is_empty() {
        let message = format!(
            "the database has migrations that are not in the folder: `{}`",
            status.ahead.join("`, `")
        );
        find(findings, Severity::Note, message);
    }
    if let Some(behind) = made_behind(status) {
        find(findings, Severity::Note, behind);
    }
    if !status.is_up_to_date() && !status.migrations.is_empty() {
        find(
            findings,
            Severity::Note,
            "the database lacks migrations; `migrate` applies them",
        );
    }
}

fn find_some(
    sample: &Sample,
    findings: &mut Vec<Finding>,
    message: impl Fn(&TenantStatus) -> String,
) {
    for tenant in &sample.first {
        find(findings, Severity::Wrong, message(tenant));
    }
    let more = sample.count - sample.first.len();
    if more > 0 {
        find(
            findings,
            Severity::Wrong,
            format!("so it is with {more} more; `status --all` shows every tenant"),
        );
    }
}

/// Lists what was declared to be no reference, since the compiler takes the author's word for it.
fn list_escapes(models: &[&ModelDef], findings: &mut Vec<Finding>) {
    for model in models {
        for column in model.columns.iter().filter(|column| column.not_a_reference) {
            let message = format!(
                "`{}.{}` is declared to be no reference: `not_a_reference`",
                model.name, column.field
            );
            find(findings, Severity::Note, message);
        }
    }
}
