//! `check --repair`: SQL that undoes what was done by hand, for somebody to review and run.

use super::Verdict;
use super::output::Console;
use super::project::Project;
use crate::error::Result;
use crate::migrate::Repair;
use crate::name::{SchemaName, TenantKey};
use crate::structure::{Slots, fill};

/// Prints the SQL for some tenants, and for the shared schema if that is asked for.
pub(super) fn run(
    project: &Project,
    (tenants, with_shared): (&[TenantKey], bool),
    console: &mut Console<'_>,
) -> Result<Verdict> {
    let migrator = project.migrator(project.chain()?);
    let mut client = project.connect()?;
    let shared = project.shared_schema();
    let whole = with_shared.then_some(None);
    let each = whole.into_iter().chain(tenants.iter().map(Some));
    let undone: Vec<(Option<&TenantKey>, Repair)> = each
        .map(|tenant| Ok((tenant, migrator.on(&mut client).undo_drift(tenant)?)))
        .collect::<Result<_>>()?;
    let mut verdict = Verdict::Fine;
    for (tenant, undo) in &undone {
        let who = tenant.map_or_else(
            || "the shared schema".to_owned(),
            |key| format!("tenant `{key}`"),
        );
        show(&who, undo, (shared, tenant.is_some()), console)?;
        if !undo.rest.is_empty() {
            verdict = Verdict::Found;
        }
    }
    Ok(verdict)
}

fn show(
    who: &str,
    undo: &Repair,
    (shared, is_tenant): (&SchemaName, bool),
    console: &mut Console<'_>,
) -> Result<()> {
    let schema = &undo.schema;
    if undo.sql.is_empty() && undo.rest.is_empty() {
        console.line(format_args!("-- {who}, schema {schema}: nothing to undo"));
        return Ok(());
    }
    console.line(format_args!(
        "-- {who}, schema {schema}: undoes what was done by hand. Review it: what it drops is gone."
    ));
    for change in &undo.rest {
        console.line(format_args!("-- to be undone by hand: {change}"));
    }
    if undo.sql.is_empty() {
        return Ok(());
    }
    console.line("BEGIN;");
    let slots = Slots {
        shared,
        tenant: is_tenant.then_some(schema),
    };
    for statement in &undo.sql {
        console.line(format_args!("{};", fill(statement, &slots)?));
    }
    console.line("COMMIT;");
    Ok(())
}
