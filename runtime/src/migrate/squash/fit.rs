//! Ranges that can't be one migration, as far as that shows without doing them.

use postgres::Client;
use tenantry_sql::{Statement, statements};

use super::PLACEMENTS;
use crate::bookkeeping;
use crate::error::{Error, ErrorKind, Result};
use crate::migrate::chain::lint::passing;
use crate::migrate::chain::{Chain, Migration, Part};
use crate::migrate::recorded;
use crate::migrate::recorded::squashed::Squashed;
use crate::name::SchemaName;
use crate::structure::{Change, Op};

/// Refuses a range that one migration can't do in the same way.
pub(super) fn check_range(migrations: &[&Migration]) -> Result<()> {
    let [first, .., last] = migrations else {
        let why = match migrations {
            [one] => format!("`{}` alone is one migration already", one.id()),
            _ => "the first migration comes after the last".to_owned(),
        };
        let help = "name two, the first and the last, in the order of the chain";
        return Err(refused(&why, help));
    };
    let is_transaction = last.limits().is_transaction;
    if let Some(other) = migrations
        .iter()
        .find(|it| it.limits().is_transaction != is_transaction)
    {
        let (alone, ends) = if is_transaction {
            (other, last)
        } else {
            (last, other)
        };
        let why = format!(
            "`{}` is no transaction, and `{}` is one",
            alone.id(),
            ends.id()
        );
        return Err(refused(&why, APART));
    }
    if let Some(mover) = migrations
        .iter()
        .find(|it| it.operations().iter().any(moves_rows))
    {
        let why = format!(
            "`{}` moves rows between the shared schema and the tenants', tenant by tenant, in the order of the chain",
            mover.id()
        );
        return Err(refused(&why, APART));
    }
    for placement in PLACEMENTS {
        let parts = migrations
            .iter()
            .filter_map(|it| Some((*it, it.part(placement)?)));
        let parts: Vec<(&Migration, &Part)> = parts.collect();
        let before = parts.split_last().map_or(&parts[..], |(_, before)| before);
        for (migration, part) in before.iter().filter(|_| is_transaction) {
            if let Some(what) = left_behind(part.up()) {
                let why = format!(
                    "`{}`: {what} ends with its transaction, and would reach what comes after it",
                    migration.id()
                );
                return Err(refused(&why, "end the range with it"));
            }
        }
    }
    check_order(first, migrations)
}

/// Refuses what a shared part would come before, since it comes first in one migration, though rows of it were read or written.
fn check_order(first: &Migration, migrations: &[&Migration]) -> Result<()> {
    let mut reader: Option<&Migration> = None;
    for migration in migrations {
        if let (Some(reader), Some(_)) = (reader, migration.shared()) {
            let help = if reader.id() == first.id() {
                "begin the range after the former"
            } else {
                "end the range before the latter"
            };
            let why = format!(
                "`{}` reads or writes shared rows for each tenant, and in one migration the shared part of `{}` would come before it",
                reader.id(),
                migration.id()
            );
            return Err(refused(&why, help));
        }
        let names_rows = |part: &Part| {
            let all = statements(part.up()).unwrap_or_default();
            all.iter()
                .any(|it| names_shared(part.up(), it) && !is_definition(it))
        };
        if migration.tenant().is_some_and(names_rows) {
            reader = Some(*migration);
        }
    }
    Ok(())
}

fn names_shared(sql: &str, statement: &Statement<'_>) -> bool {
    let end = statement.tokens.last().map_or(0, |token| token.range().end);
    sql[statement.start()..end].contains("{shared}")
}

/// Whether a statement names tables only to reference them or to keep the query.
fn is_definition(statement: &Statement<'_>) -> bool {
    let makes_rows = statement
        .tokens
        .windows(2)
        .any(|pair| pair[0].is("as") && pair[1].is_any(&["select", "with", "table", "execute"]));
    let definitions: [&[&str]; 6] = [
        &["create", "table"],
        &["alter", "table"],
        &["create", "function"],
        &["create", "view"],
        &["create", "trigger"],
        &["comment"],
    ];
    let is_kept =
        statement.begins(&["create", "view"]) || statement.begins(&["create", "function"]);
    definitions.iter().any(|words| statement.begins(words)) && (is_kept || !makes_rows)
}

/// The thing that a statement of the SQL leaves to the rest of its transaction, if one visibly does.
fn left_behind(sql: &str) -> Option<&'static str> {
    let all = statements(sql).unwrap_or_default();
    all.iter().find_map(|statement| {
        if statement.begins(&["set"]) || statement.begins(&["reset"]) {
            return Some("what it sets");
        }
        if statement.begins(&["lock"]) {
            return Some("the lock that it takes");
        }
        passing(statement)
    })
}

fn moves_rows(op: &Op) -> bool {
    matches!(
        op.change,
        Change::MoveRows { .. }
            | Change::KeepTable { .. }
            | Change::AwaitRows { .. }
            | Change::DropKept { .. }
    )
}

/// Refuses what the database still needs one by one; and phases that somebody may need apart, unless it shows that nobody does. Tells
/// whether it was ever migrated.
pub(super) fn check_database(
    client: &mut Client,
    (chain, shared): (&Chain, &SchemaName),
    migrations: &[&Migration],
) -> Result<bool> {
    let is_migrated = bookkeeping::exists(client, shared)?;
    let Some(planned) = Squashed::planned(migrations) else {
        return Ok(is_migrated);
    };
    if is_migrated {
        recorded::check(client, chain)?;
        if let Some(who) = planned.find_within(client)? {
            let why = format!("not all of the range is applied to {who}");
            return Err(refused(&why, "migrate the database first"));
        }
        planned.refuse_running(client)?;
    }
    let mut phases = migrations.iter().map(|it| it.phase());
    let first = phases.next();
    let other = phases.find(|phase| Some(*phase) != first);
    let mut is_everywhere = || Ok::<_, Error>(is_migrated && planned.is_everywhere(client)?);
    match (first, other) {
        (Some(first), Some(other)) if !is_everywhere()? => Err(refused(
            &format!(
                "the range has migrations of the phases `{first}` and `{other}`, and not all of it is applied to everybody here: as one \
                 migration, all would wait for the later phase"
            ),
            "migrate this database first, or squash those of one phase",
        )),
        _ => Ok(is_migrated),
    }
}

/// The error for migrations that can't be made one.
pub(super) fn refused(why: &str, help: &str) -> Error {
    Error::new(
        ErrorKind::Migration,
        format!("the migrations can't be made one: {why}\nhelp: {help}"),
    )
}

/// The way out where one migration can't be a part of any range.
const APART: &str = "squash what comes before it, and what comes after it";
