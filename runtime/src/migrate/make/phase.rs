//! Whether the version of the application from before goes on working.

mod left_out;
mod taken;
mod uniqueness;

use std::collections::BTreeSet;

use self::left_out::{LeftOut, names_only};
pub(super) use self::taken::takes_name;
use self::uniqueness::Uniqueness;
use crate::migrate::report::phase::Phase;
use crate::structure::{Change, Check, Column, ForeignKey, IndexKey, Op, View};

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
        // One name is not had twice, and an upsert names what is unique.
        Change::AddUnique { .. } | Change::CreateIndex { .. } if is_exchanged(op, of_table()) => {
            true
        }
        // Whoever does not know of it writes what it refuses.
        Change::AddUnique { .. } | Change::CreateIndex { .. } => {
            let made = Uniqueness::made(&op.change).filter(|made| made.is_unique);
            made.is_some_and(|made| {
                !of_table().any(|other| refuses_as_much(other, &made))
                    && !made.tells_apart(of_table().filter_map(|it| LeftOut::by_before(&it.change)))
            })
        }
        Change::AddForeignKey { name, definition } => {
            let is_same = |other: &Op| {
                matches!(&other.change, Change::DropForeignKey { name: dropped, definition: before }
                    if dropped == name && before == definition)
            };
            let left = of_table().filter_map(|it| LeftOut::by_before(&it.change));
            !of_table().any(is_same) && !left.into_iter().any(|it| it.leads_nowhere(definition))
        }
        Change::AddCheck { definition, .. } => {
            let before = of_table().filter_map(|other| match &other.change {
                Change::DropCheck { definition, .. } => Some(definition),
                _ => None,
            });
            let mut before = before.into_iter();
            !before.any(|before| before == definition || is_wider(before, definition))
                && !is_of_new(&definition.condition, of_table())
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
        // What the version from before relies on, and names in its upserts.
        Change::DropUnique { .. } | Change::DropIndex { .. } | Change::DropForeignKey { .. } => {
            is_kept(op, operations)
        }
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

/// Whether something that is dropped stays while the version from before runs: something unique, which that counts on; an index, by which
/// its queries go, unless another by the same is there before; a foreign key, if another is made in its place that has to wait.
pub(super) fn is_kept(op: &Op, operations: &[Op]) -> bool {
    let others = || {
        let others = operations.iter();
        others.filter(|other| other.placement == op.placement && other.table == op.table)
    };
    if let Change::DropForeignKey { name, definition } = &op.change {
        return !is_in_the_way(op, definition, operations)
            && others().any(|other| {
                leads_on((name, definition), &other.change) && takes_away(other, operations)
            });
    }
    let Some(before) = Uniqueness::dropped(&op.change) else {
        return false;
    };
    let made = || others().filter_map(|other| Some((other, Uniqueness::made(&other.change)?)));
    if let Some((next, _)) = made().find(|(_, after)| after.name == before.name) {
        return takes_away(next, operations);
    }
    let is_in_the_way = operations.iter().any(|other| {
        other.placement == op.placement && takes_name(&other.change, &other.table, before.name)
    });
    if !before.is_unique {
        let is_next = |other: &Op| first_part(&op.change) == first_part(&other.change);
        let is_there = made().any(|(other, _)| is_next(other) && !takes_away(other, operations));
        return !is_in_the_way && !is_there;
    }
    let left = || others().filter_map(|other| LeftOut::by_next(&other.change));
    // All rows of the next version could be equal in a column that goes.
    let is_left_out = left().any(|it| before.covers(it.column)) && !before.tells_apart(left());
    !is_in_the_way && (!is_left_out || made().any(|(_, after)| after.is_within(&before)))
}

/// Whether a change adds a foreign key in the place of another: of its name, or of some of its columns.
pub(super) fn leads_on((name, before): (&str, &ForeignKey), change: &Change) -> bool {
    matches!(change, Change::AddForeignKey { name: next, definition }
        if next == name || definition.columns.iter().any(|it| before.columns.contains(it)))
}

/// Whether a foreign key may keep an operation from being that does not wait.
fn is_in_the_way(dropped: &Op, key: &ForeignKey, operations: &[Op]) -> bool {
    let target = (key.target.placement, &key.target.table);
    operations.iter().any(|op| {
        let is_target = (op.placement, &op.table) == target;
        match op.change {
            Change::AlterType { .. } => {
                is_target || (op.placement, &op.table) == (dropped.placement, &dropped.table)
            }
            Change::DropPrimaryKey { .. }
            | Change::DropUnique { .. }
            | Change::DropIndex { .. } => is_target,
            _ => false,
        }
    })
}

/// Whether an index is made in the place of one of its name that is unique, or unique in another way.
fn is_exchanged<'a>(op: &Op, mut operations: impl Iterator<Item = &'a Op>) -> bool {
    Uniqueness::made(&op.change).is_some_and(|made| {
        operations.any(|other| {
            Uniqueness::dropped(&other.change).is_some_and(|before| {
                before.is_unique && before.name == made.name && before != made
            })
        })
    })
}

/// Whether an operation drops something unique that refuses all that a new one does.
fn refuses_as_much(op: &Op, made: &Uniqueness<'_>) -> bool {
    Uniqueness::dropped(&op.change).is_some_and(|before| before.refuses_as_much(made))
}

/// Whether a condition names no column that the version from before writes, or that is computed of one.
fn is_of_new<'a>(condition: &str, operations: impl Iterator<Item = &'a Op>) -> bool {
    let new = operations.filter_map(|op| match &op.change {
        Change::AddColumn { column, .. } if column.generated.is_none() => {
            Some(column.name.as_str())
        }
        _ => None,
    });
    names_only(condition, &new.collect::<Vec<_>>())
}

/// The column or expression by which queries find rows in an index, or in that of a constraint.
fn first_part(change: &Change) -> Option<&str> {
    match change {
        Change::AddUnique { definition, .. } | Change::DropUnique { definition, .. } => {
            definition.columns.first().map(String::as_str)
        }
        Change::CreateIndex { definition, .. } | Change::DropIndex { definition, .. } => {
            definition.parts.first().map(|part| match &part.key {
                IndexKey::Column(name) | IndexKey::Expression(name) => name.as_str(),
            })
        }
        _ => None,
    }
}

/// Whether a column that nobody writes is added again, of the same type, by another operation.
fn is_made_anew(column: &Column, op: &Op) -> bool {
    matches!(&op.change, Change::AddColumn { column: new, .. }
        if (&new.name, &new.sql_type) == (&column.name, &column.sql_type)
            && (new.nullable == column.nullable || !new.nullable)
            && column.generated.is_some()
            && new.generated.is_some())
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
