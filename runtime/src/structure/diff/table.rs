//! Operations that lead from one form of a table to another.

use std::collections::{BTreeMap, BTreeSet};

use super::retyped::{is_remade, names_changed, names_remade};
use super::{Steps, rename};
use crate::structure::conversion::base_type;
use crate::structure::op::alterations;
use crate::structure::{Change, Column, Table};

/// Collects the steps from one form of a table to another.
///
/// `taken` are the names that tables and indexes of the schema have before.
pub(super) fn compare(
    steps: &mut Steps,
    taken: &BTreeSet<&str>,
    name: &str,
    (from, to): (&Table, &Table),
) {
    compare_columns(steps, name, from, to);
    let renamed = rename::parts(steps, taken, name, (from, to));
    compare_constraints(steps, name, &renamed, to);
    steps.tie(name, from, to);
    if from.comment != to.comment {
        let change = Change::SetComment {
            column: None,
            from: from.comment.clone(),
            to: to.comment.clone(),
        };
        steps.add(name, change);
    }
}

fn compare_columns(steps: &mut Steps, name: &str, from: &Table, to: &Table) {
    for column in &from.columns {
        if to.column(&column.name).is_none() {
            let column = column.clone();
            steps.add(name, Change::DropColumn { column, fill: None });
        }
    }
    for column in &to.columns {
        let changes = from.column(&column.name).map_or_else(
            || {
                let column = column.clone();
                vec![Change::AddColumn { column, fill: None }]
            },
            |before| changes((from, to), before, column),
        );
        steps.add_all(name, changes);
    }
}

/// The changes to a column of two tables.
fn changes(tables: (&Table, &Table), from: &Column, to: &Column) -> Vec<Change> {
    let column = || to.clone();
    match (&from.generated, &to.generated) {
        (None, Some(_)) => vec![Change::AlterGenerated {
            from: from.clone(),
            to: column(),
        }],
        (Some(_), None) => {
            let plain = Column {
                generated: None,
                ..from.clone()
            };
            let rest = alterations(&plain, to);
            let stopped = Change::AlterGenerated {
                from: from.clone(),
                to: plain,
            };
            [stopped].into_iter().chain(rest).collect()
        }
        // There is no other way that all versions of PostgreSQL have.
        _ if is_remade(tables, from, to) => vec![
            Change::DropColumn {
                column: from.clone(),
                fill: None,
            },
            Change::AddColumn {
                column: column(),
                fill: None,
            },
        ],
        _ => alterations(from, to),
    }
}

/// Whether a change gives one of the columns another type, not only other bounds.
pub(super) fn is_retyping(change: &Change, columns: &[String]) -> bool {
    matches!(change, Change::AlterType { column, from, to }
        if columns.contains(column) && base_type(from) != base_type(to))
}

fn compare_constraints(steps: &mut Steps, name: &str, from: &Table, to: &Table) {
    if from.primary_key != to.primary_key {
        if let Some(definition) = from.primary_key.clone() {
            steps.add(name, Change::DropPrimaryKey { definition });
        }
        if let Some(definition) = to.primary_key.clone() {
            steps.add(name, Change::AddPrimaryKey { definition });
        }
    }
    let uniques = exchange(
        (&from.uniques, &to.uniques),
        |unique| names_remade((from, to), &unique.columns),
        |name, definition| Change::DropUnique { name, definition },
        |name, definition| Change::AddUnique { name, definition },
    );
    let checks = exchange(
        (&from.checks, &to.checks),
        |check| names_changed((from, to), &[], [check.condition.as_str()]),
        |name, definition| Change::DropCheck { name, definition },
        |name, definition| Change::AddCheck { name, definition },
    );
    let indexes = exchange(
        (&from.indexes, &to.indexes),
        |index| names_changed((from, to), &index.columns(), index.expressions()),
        |name, definition| Change::DropIndex { name, definition },
        |name, definition| Change::CreateIndex { name, definition },
    );
    let foreign_keys = exchange(
        (&from.foreign_keys, &to.foreign_keys),
        |_| false,
        |name, definition| Change::DropForeignKey { name, definition },
        |name, definition| Change::AddForeignKey { name, definition },
    );
    steps.add_all(name, [uniques, checks, indexes, foreign_keys].concat());
}

/// Drops what is no longer there or has changed, and adds what is new or has changed. What `is_stale` counts as changed.
fn exchange<V: Clone + PartialEq>(
    (from, to): (&BTreeMap<String, V>, &BTreeMap<String, V>),
    is_stale: impl Fn(&V) -> bool,
    drop: impl Fn(String, V) -> Change,
    add: impl Fn(String, V) -> Change,
) -> Vec<Change> {
    let stays = |name: &String, value: &V| {
        from.get(name) == Some(value) && to.get(name) == Some(value) && !is_stale(value)
    };
    let changed =
        |map: &BTreeMap<String, V>, change: &dyn Fn(String, V) -> Change| -> Vec<Change> {
            map.iter()
                .filter(|&(name, value)| !stays(name, value))
                .map(|(name, value)| change(name.clone(), value.clone()))
                .collect()
        };
    [changed(from, &drop), changed(to, &add)].concat()
}
