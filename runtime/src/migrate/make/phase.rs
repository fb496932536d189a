//! Whether the version of the application from before goes on working.

use std::collections::BTreeSet;

use crate::migrate::report::phase::Phase;
use crate::structure::{Change, Check, Column, Index, Op, View};

/// Returns the phase of a migration of these operations.
pub(super) fn phase(operations: &[Op]) -> Phase {
    if operations.iter().any(|op| takes_away(op, operations)) {
        Phase::Contract
    } else {
        Phase::Expand
    }
}

/// Whether the version of the application from before may fail after an operation, which is one of these.
pub(super) fn takes_away(op: &Op, operations: &[Op]) -> bool {
    let of_table = || {
        let others = operations.iter();
        others.filter(|other| other.placement == op.placement && other.table == op.table)
    };
    match &op.change {
        Change::RequireRows { .. } => true,
        // What is new is written by nobody else.
        _ if of_table().any(|other| matches!(other.change, Change::CreateTable { .. })) => false,
        // It writes rows without tenants, and deletes them.
        Change::TieTenants { .. } => true,
        Change::DropColumn { column, .. } => !of_table().any(|other| is_made_anew(column, other)),
        Change::AddUnique { definition, .. } => !are_new(&definition.columns, of_table()),
        // Whoever does not know of it writes what it refuses.
        Change::CreateIndex { definition, .. } if definition.unique => {
            if of_table().any(|other| refuses_as_much(other, definition)) {
                return false;
            }
            let keys = definition
                .expressions()
                .filter(|sql| Some(*sql) != definition.filter.as_deref());
            !are_new(&definition.columns(), of_table())
                && !keys.into_iter().any(|key| mentions_new(key, of_table()))
        }
        Change::AddForeignKey { name, definition } => {
            let is_same = |other: &Op| {
                matches!(&other.change, Change::DropForeignKey { name: dropped, definition: before }
                    if dropped == name && before == definition)
            };
            !of_table().any(is_same) && !are_new(&definition.columns, of_table())
        }
        Change::AddCheck { definition, .. } => {
            let before = of_table().filter_map(|other| match &other.change {
                Change::DropCheck { definition, .. } => Some(definition),
                _ => None,
            });
            let mut before = before.into_iter();
            !before.any(|before| before == definition || is_wider(before, definition))
                && !mentions_new(&definition.condition, of_table())
        }
        // Whoever leaves the column out relies on it.
        Change::AlterDefault {
            column,
            from: Some(_),
            to: None,
        } => {
            let goes_on = |other: &Op| match &other.change {
                Change::AlterType { column: same, .. }
                | Change::AlterIdentity { column: same, .. }
                | Change::AlterDefault {
                    column: same,
                    to: Some(_),
                    ..
                } => column == same,
                Change::AlterGenerated { to, .. } => *column == to.name,
                _ => false,
            };
            !of_table().any(goes_on)
        }
        // What the version from before names in its upserts, and would be without until the other is there.
        Change::DropUnique { .. } | Change::DropIndex { .. } => is_replaced(op, operations),
        Change::DropView { definition } => !is_made_again(op, definition, operations),
        change => change.takes_away(),
    }
}

/// Whether a view is there again afterwards, with all columns that it had.
fn is_made_again(op: &Op, before: &View, operations: &[Op]) -> bool {
    operations.iter().any(|other| {
        (other.placement, &other.table) == (op.placement, &op.table)
            && matches!(&other.change, Change::CreateView { definition } if before.is_within(definition))
    })
}

/// Whether something unique is dropped for something else that is unique by the same columns.
pub(super) fn is_replaced(op: &Op, operations: &[Op]) -> bool {
    let (name, before) = match &op.change {
        Change::DropUnique { name, definition } => (name, Some(definition.columns.clone())),
        Change::DropIndex { name, definition } if definition.unique => {
            (name, definition.plain_columns())
        }
        _ => return false,
    };
    let Some(before) = before else {
        return false;
    };
    operations.iter().any(|other| {
        let (new, after) = match &other.change {
            Change::AddUnique { name, definition } => (name, Some(definition.columns.clone())),
            Change::CreateIndex { name, definition } if definition.unique => {
                (name, definition.plain_columns())
            }
            _ => return false,
        };
        let is_there = other.placement == op.placement && other.table == op.table;
        // Of one name there is one at a time.
        is_there && new != name && after.is_some_and(|after| is_of_same(&before, &after))
    })
}

/// Whether an operation drops a constraint that refuses all that a unique index does.
fn refuses_as_much(op: &Op, index: &Index) -> bool {
    let Change::DropUnique { definition, .. } = &op.change else {
        return false;
    };
    let has_usual_equality = index.parts.iter().all(|part| part.opclass.is_none());
    let columns = index.plain_columns();
    has_usual_equality
        && (definition.nulls_not_distinct || !index.nulls_not_distinct)
        && columns.is_some_and(|columns| is_of_same(&definition.columns, &columns))
}

/// Whether these are the same columns, in any order.
fn is_of_same(one: &[String], other: &[String]) -> bool {
    let set = |columns: &[String]| columns.iter().cloned().collect::<BTreeSet<_>>();
    set(one) == set(other)
}

/// Whether a column that nobody writes is added again, of the same type, by another operation.
fn is_made_anew(column: &Column, op: &Op) -> bool {
    matches!(&op.change, Change::AddColumn { column: new, .. }
        if (&new.name, &new.sql_type) == (&column.name, &column.sql_type)
            && (new.nullable == column.nullable || !new.nullable)
            && column.generated.is_some()
            && new.generated.is_some())
}

/// Whether some of the columns are added in the same migration.
fn are_new<'a>(columns: &[String], mut operations: impl Iterator<Item = &'a Op>) -> bool {
    operations.any(|op| {
        matches!(&op.change, Change::AddColumn { column, .. } if columns.contains(&column.name))
    })
}

fn mentions_new<'a>(condition: &str, mut operations: impl Iterator<Item = &'a Op>) -> bool {
    operations.any(|op| {
        matches!(&op.change, Change::AddColumn { column, .. }
            if tenantry_sql::mentions(condition, &column.name))
    })
}

/// Whether a check lists all labels that another does, of the same column.
pub(super) fn is_wider(before: &Check, after: &Check) -> bool {
    let labels = |check: &Check| -> Option<(String, BTreeSet<String>)> {
        let (column, list) = check.labels()?;
        Some((column, list.into_iter().collect()))
    };
    match (labels(before), labels(after)) {
        (Some((column, before)), Some((same, after))) => column == same && before.is_subset(&after),
        _ => false,
    }
}
