//! Whether the version of the application from before goes on working.

use std::collections::BTreeSet;

use crate::migrate::report::phase::Phase;
use crate::structure::{Change, Check, Column, ForeignKey, Index, IndexKey, Op, Unique, View};

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
        Change::AddUnique { definition, .. } => {
            !of_table().any(|other| refuses_as_much(other, &op.change))
                && !are_new(&definition.columns, of_table())
        }
        // Whoever does not know of it writes what it refuses.
        Change::CreateIndex { definition, .. } if definition.unique => {
            if of_table().any(|other| refuses_as_much(other, &op.change)) {
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
        // What the version from before relies on, and names in its upserts.
        Change::DropUnique { .. } | Change::DropIndex { .. } | Change::DropForeignKey { .. } => {
            is_replaced(op, operations)
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

/// Whether something is dropped for what keeps to it while the version from before runs: something unique for something else that is
/// unique and shares columns with it; an index, or a foreign key, for one that has to wait.
pub(super) fn is_replaced(op: &Op, operations: &[Op]) -> bool {
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
    let dropped = || {
        others().filter_map(|other| match &other.change {
            Change::DropColumn { column, .. } => Some(column.name.as_str()),
            _ => None,
        })
    };
    others().any(|other| {
        let Some(after) = Uniqueness::made(&other.change) else {
            return false;
        };
        if after.name == before.name || !before.is_unique {
            let is_next =
                after.name == before.name || first_part(&op.change) == first_part(&other.change);
            return is_next && takes_away(other, operations);
        }
        // The next version does not write a column that goes: all its rows could be equal there.
        let is_kept_to = after.is_within(&before) || !dropped().any(|name| before.covers(name));
        before.is_within(&after) || after.is_unique && before.shares(&after) && is_kept_to
    })
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

/// Whether something unique is made in the place of something of its name that is unique in another way.
fn is_exchanged<'a>(op: &Op, mut operations: impl Iterator<Item = &'a Op>) -> bool {
    let made = Uniqueness::made(&op.change).filter(|made| made.is_unique);
    made.is_some_and(|made| {
        operations.any(|other| {
            Uniqueness::dropped(&other.change).is_some_and(|before| {
                before.is_unique && before.name == made.name && before != made
            })
        })
    })
}

/// Whether an operation drops something unique that refuses all that a new one does.
fn refuses_as_much(op: &Op, made: &Change) -> bool {
    let (Some(before), Some(after)) = (Uniqueness::dropped(&op.change), Uniqueness::made(made))
    else {
        return false;
    };
    before.is_whole()
        && before.has_usual_equality()
        && after.has_usual_equality()
        && (before.nulls_not_distinct || !after.nulls_not_distinct)
        && before.is_within(&after)
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

/// An index, or a constraint that has one, as far as it says what is unique.
#[derive(PartialEq)]
struct Uniqueness<'a> {
    name: &'a str,
    is_unique: bool,
    /// Nothing where it covers an expression.
    columns: Option<BTreeSet<String>>,
    nulls_not_distinct: bool,
    /// The index, if it is no constraint: it may be of some rows only, or compare values in a way of its own.
    index: Option<&'a Index>,
}

impl<'a> Uniqueness<'a> {
    fn made(change: &'a Change) -> Option<Self> {
        match change {
            Change::AddUnique { name, definition } => Some(Self::of_unique(name, definition)),
            Change::CreateIndex { name, definition } => Some(Self::of_index(name, definition)),
            _ => None,
        }
    }

    fn dropped(change: &'a Change) -> Option<Self> {
        match change {
            Change::DropUnique { name, definition } => Some(Self::of_unique(name, definition)),
            Change::DropIndex { name, definition } => Some(Self::of_index(name, definition)),
            _ => None,
        }
    }

    fn of_unique(name: &'a str, unique: &Unique) -> Self {
        Self {
            name,
            is_unique: true,
            columns: Some(unique.columns.iter().cloned().collect()),
            nulls_not_distinct: unique.nulls_not_distinct,
            index: None,
        }
    }

    fn of_index(name: &'a str, index: &'a Index) -> Self {
        let columns = index.plain_columns();
        Self {
            name,
            is_unique: index.unique,
            columns: columns.map(|columns| columns.into_iter().collect()),
            nulls_not_distinct: index.nulls_not_distinct,
            index: Some(index),
        }
    }

    /// Whether values are compared as a constraint compares them.
    fn has_usual_equality(&self) -> bool {
        let mut parts = self.index.iter().flat_map(|index| &index.parts);
        parts.all(|part| part.opclass.is_none())
    }

    /// Whether it is of all rows.
    fn is_whole(&self) -> bool {
        self.index.is_none_or(|index| index.filter.is_none())
    }

    /// Whether both cover one of the columns, in whatever order.
    fn shares(&self, other: &Self) -> bool {
        let is_shared = |one: &Self, other: &Self| {
            let mut names = one.columns.iter().flatten();
            names.any(|name| other.covers(name))
        };
        // Of two that cover only expressions it is not known.
        is_shared(self, other)
            || is_shared(other, self)
            || self.columns.is_none() && other.columns.is_none()
    }

    /// Whether a column is one of those that it covers, or is computed with.
    fn covers(&self, name: &str) -> bool {
        match &self.columns {
            Some(columns) => columns.contains(name),
            None => self.index.is_some_and(|index| {
                let keys = index
                    .expressions()
                    .filter(|sql| Some(*sql) != index.filter.as_deref());
                index.columns().iter().any(|it| it == name)
                    || keys
                        .into_iter()
                        .any(|sql| tenantry_sql::mentions(sql, name))
            }),
        }
    }

    /// Whether both are unique, and the other by these columns or by more.
    fn is_within(&self, other: &Self) -> bool {
        let columns = self.columns.as_ref().zip(other.columns.as_ref());
        self.is_unique
            && other.is_unique
            && columns.is_some_and(|(columns, others)| columns.is_subset(others))
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
