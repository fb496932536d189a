//! Operations that lead from one form of a table to another.

use std::collections::{BTreeMap, BTreeSet};

use super::retyped::names_retyped;
use super::{Steps, rename};
use crate::structure::conversion::base_type;
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
            |before| alterations(before, column),
        );
        steps.add_all(name, changes);
    }
}

/// The changes to a column, in an order that works forwards and backwards: an identity column has no default and no
/// nulls, and a default has its column's type.
fn alterations(from: &Column, to: &Column) -> Vec<Change> {
    let column = || to.name.clone();
    let identity = |identity| Change::AlterIdentity {
        column: column(),
        identity,
    };
    let set_default = |from: &Option<String>, to: &Option<String>| Change::AlterDefault {
        column: column(),
        from: from.clone(),
        to: to.clone(),
    };
    let mut changes = Vec::new();
    if from.identity && !to.identity {
        changes.push(identity(false));
    }
    let mut default = &from.default;
    if default.is_some()
        && (to.default.is_none() || base_type(&from.sql_type) != base_type(&to.sql_type))
    {
        changes.push(set_default(default, &None));
        default = &None;
    }
    if from.sql_type != to.sql_type {
        changes.push(Change::AlterType {
            column: column(),
            from: from.sql_type.clone(),
            to: to.sql_type.clone(),
        });
    }
    if from.nullable != to.nullable {
        changes.push(Change::AlterNullable {
            column: column(),
            nullable: to.nullable,
            // A new default is what nulls would have been.
            fill: (!to.nullable).then(|| to.default.clone()).flatten(),
        });
    }
    if to.identity && !from.identity {
        changes.push(identity(true));
    }
    if *default != to.default {
        changes.push(set_default(default, &to.default));
    }
    if from.comment != to.comment {
        changes.push(Change::SetComment {
            column: Some(column()),
            from: from.comment.clone(),
            to: to.comment.clone(),
        });
    }
    changes
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
        |_| false,
        |name, definition| Change::DropUnique { name, definition },
        |name, definition| Change::AddUnique { name, definition },
    );
    let checks = exchange(
        (&from.checks, &to.checks),
        |check| names_retyped((from, to), [check.condition.as_str()]),
        |name, definition| Change::DropCheck { name, definition },
        |name, definition| Change::AddCheck { name, definition },
    );
    let indexes = exchange(
        (&from.indexes, &to.indexes),
        |index| names_retyped((from, to), index.expressions()),
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
