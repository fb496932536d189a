//! Advice on SQL that holds others up, or that the version of the application before can't live with.
//!
//! Nothing here is refused: a table may be small, and a release may have a pause. What was thought of is said in the file, with a
//! reason, and listed.

mod allow;
mod indexes;
mod linted;
mod rules;
mod versions;
mod whole;
mod words;

use std::collections::BTreeSet;

use tenantry_sql::{Statement, statements};

use self::allow::{Allow, allows};
use self::indexes::Indexes;
use self::linted::Sql;
use self::rules::Rule;
use self::words::actions;
use super::Chain;
use super::files::at_line;
use super::lint::Fault;
use super::migration::{Migration, Part};
use crate::model::PlacementKind;

/// Advice about a migration.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Advice {
    /// The place, and the words.
    pub(crate) message: String,
    pub(crate) kind: AdviceKind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AdviceKind {
    /// A statement that would better be written in another way.
    Told,
    /// A rule that somebody allows to be broken, and why.
    Allowed,
    /// A comment that allows nothing, as it stands.
    Mistaken,
}

/// Returns what there is to tell of the SQL that brings the schemas forward.
pub(crate) fn advice(chain: &Chain) -> Vec<Advice> {
    let mut told = Vec::new();
    for kind in [PlacementKind::Shared, PlacementKind::Tenant] {
        let mut indexes = Indexes::default();
        for migration in chain.migrations() {
            let Some(part) = migration.part(kind) else {
                continue;
            };
            let file = format!("{}/{}.up.sql", migration.id(), kind.as_str());
            let path = chain.path(&file);
            let found = of_text(part.up(), kind, Some(migration), &indexes);
            indexes.follow(&statements(part.up()).unwrap_or_default());
            told.extend(found.into_iter().map(|(kind, fault)| Advice {
                message: at_line(part.up(), &path, fault).to_string(),
                kind,
            }));
        }
    }
    told
}

/// The comments of a migration's SQL that allow what the statement after them keeps to, by their places. The migration takes the
/// place of some of a chain.
pub(crate) fn needless(
    chain: &Chain,
    text: &str,
    kind: PlacementKind,
    migration: &Migration,
) -> Vec<usize> {
    let mut indexes = Indexes::default();
    let all = chain.migrations().iter();
    for before in all.take_while(|it| it.position() < migration.first()) {
        let part = before.part(kind).map_or("", Part::up);
        indexes.follow(&statements(part).unwrap_or_default());
    }
    let (_, allows) = looked(text, kind, Some(migration), &indexes);
    let needless = allows.iter().filter(|it| !it.is_used);
    needless.map(|it| it.start).collect()
}

fn of_text(
    text: &str,
    kind: PlacementKind,
    migration: Option<&Migration>,
    indexes: &Indexes,
) -> Vec<(AdviceKind, Fault)> {
    let (mut found, allows) = looked(text, kind, migration, indexes);
    found.extend(allows.iter().map(judged));
    found.sort_by_key(|(_, fault)| fault.start);
    found
}

/// All that is told of the statements, and the comments that allow something.
fn looked(
    text: &str,
    kind: PlacementKind,
    migration: Option<&Migration>,
    indexes: &Indexes,
) -> (Vec<(AdviceKind, Fault)>, Vec<Allow>) {
    // What can't be cut is refused when the chain is read.
    let all = statements(text).unwrap_or_default();
    let is_for_tenants = kind == PlacementKind::Tenant;
    let sql = Sql::of(text, &all, is_for_tenants, migration, indexes);
    let mut allows = allows(text);
    let mut found: Vec<(AdviceKind, Fault)> = Vec::new();
    let mut begin = 0;
    for statement in &all {
        let end = end(statement);
        for (rule, message) in breaches(&sql, statement) {
            let mut here = allows
                .iter_mut()
                .filter(|it| (begin..end).contains(&it.start));
            if let Some(allow) = here.find(|it| it.rule == rule.name && !it.reason.is_empty()) {
                allow.is_used = true;
                continue;
            }
            let message = format!("{}: {message}", rule.name);
            let start = statement.start();
            found.push((AdviceKind::Told, Fault { start, message }));
        }
        begin = end;
    }
    (found, allows)
}

/// The rules that a statement breaks, and why, once for each reason.
fn breaches<'a>(sql: &Sql<'a>, statement: &Statement<'a>) -> Vec<(&'static Rule, String)> {
    let mut all: Vec<(&Rule, String)> = Vec::new();
    for action in actions(statement) {
        for rule in all_rules() {
            let why = (rule.find)(sql, &action);
            all.extend(why.map(|why| (rule, why)));
        }
    }
    let mut seen = BTreeSet::new();
    all.retain(|(rule, why)| seen.insert((rule.name, why.clone())));
    all
}

/// All rules.
fn all_rules() -> impl Iterator<Item = &'static Rule> {
    [rules::RULES, whole::RULES, versions::RULES]
        .into_iter()
        .flatten()
}

fn end(statement: &Statement<'_>) -> usize {
    statement.tokens.last().map_or(0, |token| token.range().end)
}

/// Returns what is said of a comment that allows something.
fn judged(allow: &Allow) -> (AdviceKind, Fault) {
    let Allow {
        rule,
        reason,
        start,
        is_used,
    } = allow;
    let is_known = all_rules().any(|it| it.name == rule);
    let (kind, message) = if !is_known {
        let names: Vec<&str> = all_rules().map(|rule| rule.name).collect();
        (
            AdviceKind::Mistaken,
            format!(
                "there is no rule `{rule}`\nhelp: the rules are {}",
                names.join(", ")
            ),
        )
    } else if reason.is_empty() {
        (
            AdviceKind::Mistaken,
            format!(
                "`{rule}` is allowed without a reason\nhelp: write `-- tenantry: allow({rule}) why`"
            ),
        )
    } else if *is_used {
        (AdviceKind::Allowed, format!("{rule} is allowed: {reason}"))
    } else {
        (
            AdviceKind::Mistaken,
            format!(
                "`{rule}` is allowed for a statement that keeps to it\n\
                 help: take the comment out, or write it before the statement that it is for"
            ),
        )
    };
    let start = *start;
    (kind, Fault { start, message })
}

#[cfg(test)]
mod squawk;
#[cfg(test)]
mod tests;
