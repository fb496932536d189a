//! Values that a run would be the first to take away: somebody has to say that they may go.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal};

use postgres::Client;

use super::args::Migrate;
use super::confirm::confirm;
use super::output::Console;
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::{Chain, Migration, Migrator, Step};
use crate::model::PlacementKind;
use crate::structure::{Change, Op};
use crate::tenant::{self, TenantFilter};

/// A value that is lost: the table or column as the flag has it, and the operation in words.
struct Loss<'a> {
    migration: &'a str,
    of: String,
    words: String,
}

/// Asks before a migration that takes values away is applied for the first time. Where one tenant has it already, somebody has said so then.
///
/// # Errors
///
/// When nobody says so, with the flags that do.
pub(super) fn confirm_losses(
    migrator: &Migrator,
    client: &mut Client,
    args: &Migrate,
    console: &mut Console<'_>,
) -> Result<()> {
    let chain = migrator.chain();
    // Most chains lose nothing, and are not looked at any further.
    if args.yes || !chain.migrations().iter().any(loses) {
        return Ok(());
    }
    let first = first_applied(migrator, client)?;
    let mut losses = losses(chain, &first);
    losses.retain(|loss| !args.accept_loss.contains(&loss.of));
    let Some(last) = losses.last() else {
        return Ok(());
    };
    let lines: Vec<String> = losses
        .iter()
        .map(|loss| format!("  {}: {}", loss.migration, loss.words))
        .collect();
    let what = format!("values are lost, for good:\n{}", lines.join("\n"));
    if io::stdin().is_terminal() {
        return confirm(console, &what, last.migration);
    }
    let flags: BTreeSet<String> = losses
        .iter()
        .map(|loss| format!("--accept-loss \"{}\"", loss.of))
        .collect();
    let flags: Vec<String> = flags.into_iter().collect();
    Err(Error::new(
        ErrorKind::Configuration,
        format!(
            "not confirmed: {what}\nhelp: there is no terminal to ask at; if they may go, add {}, or `--yes` for all",
            flags.join(" ")
        ),
    ))
}

fn loses(migration: &Migration) -> bool {
    migration.operations().iter().any(|op| op.loses().is_some())
}

/// The migrations that the run would apply, and that no tenant has yet.
fn first_applied(migrator: &Migrator, client: &mut Client) -> Result<BTreeSet<String>> {
    let plan = migrator.on(&mut *client).dry_run()?;
    let mut ids = BTreeSet::new();
    for step in plan.steps {
        match step {
            Step::Shared { migration } => {
                ids.insert(migration);
            }
            Step::Tenants { groups, .. } => {
                ids.extend(groups.into_iter().flat_map(|group| group.migrations));
            }
        }
    }
    if ids.is_empty() || plan.creates_bookkeeping {
        return Ok(ids);
    }
    let tenants = tenant::list(client, &TenantFilter::all())?;
    let furthest = tenants.iter().map(tenant::Tenant::version).max();
    let migrations = migrator.chain().migrations().iter();
    for had in migrations.filter(|it| furthest.is_some_and(|version| it.position() <= version)) {
        ids.remove(had.id());
    }
    Ok(ids)
}

/// Returns the values that these migrations take away, and that were there before them.
fn losses<'a>(chain: &'a Chain, first: &BTreeSet<String>) -> Vec<Loss<'a>> {
    let mut made = BTreeSet::new();
    let mut all = Vec::new();
    for migration in chain
        .migrations()
        .iter()
        .filter(|it| first.contains(it.id()))
    {
        for op in migration.operations() {
            made.extend(makes(op));
            let Some(of) = op.loses() else { continue };
            // The table, whose values nobody has written, or the column.
            let is_new = [op.table.as_str(), of.as_str()]
                .iter()
                .any(|name| made.contains(&(op.placement(), (*name).to_owned())));
            if !is_new {
                all.push(Loss {
                    migration: migration.id(),
                    words: op.to_string(),
                    of,
                });
            }
        }
    }
    all
}

/// The table or column that an operation makes.
fn makes(op: &Op) -> Option<(PlacementKind, String)> {
    let name = match &op.change {
        Change::CreateTable { .. } => op.table.clone(),
        Change::AddColumn { column, .. } => format!("{}.{}", op.table, column.name),
        _ => return None,
    };
    Some((op.placement(), name))
}
