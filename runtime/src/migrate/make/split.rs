//! Operations that take something away, apart from those that make ready for it.

mod between;
mod overlap;
mod parts;
mod views;

use self::between::between;
pub(super) use self::between::{Named, either, exchanges};
pub(super) use self::overlap::overlapped;
pub(super) use self::parts::{PartOf, name_one, parts};
pub(super) use self::views::{is_put_back, with_views_in_steps};
use super::phase::{is_kept, is_wider, takes_away};
use crate::migrate::report::phase::Phase;
use crate::structure::{Change, Column, Op, State, apply};

/// Operations of one migration.
pub(super) struct Step {
    pub(super) operations: Vec<Op>,
    /// Their phase, where it is not what they show.
    pub(super) phase: Option<Phase>,
}

impl Step {
    pub(super) fn of(operations: Vec<Op>) -> Self {
        Self {
            operations,
            phase: None,
        }
    }
}

/// Cuts the operations in two: what the version of the application from before can live with, and what is left for later. Between
/// the two both versions go on working. Where an order can't be changed they stay together.
pub(super) fn split(before: &State, operations: Vec<Op>) -> Vec<Step> {
    if !operations.iter().all(|op| is_movable(op, &operations)) || drops_in_the_way(&operations) {
        return vec![Step::of(operations)];
    }
    let (mut expand, mut contract) = (Vec::new(), Vec::new());
    for op in &operations {
        let (ready, late) = cut((before, op), &operations, &operations);
        expand.extend(ready);
        contract.extend(late);
    }
    if contract.is_empty()
        || expand.is_empty()
        || !leads_to_same(before, &operations, (&expand, &contract))
    {
        return vec![Step::of(operations)];
    }
    // What one of them shows of its phase may need the other.
    let step = |operations, phase| Step {
        operations,
        phase: Some(phase),
    };
    vec![step(expand, Phase::Expand), step(contract, Phase::Contract)]
}

/// Whether an operation may be done as late as all others are done.
pub(super) fn is_movable(op: &Op, operations: &[Op]) -> bool {
    match &op.change {
        Change::DropColumn { column, .. } => column.generated.is_none(),
        Change::DropTable { .. }
        | Change::AddUnique { .. }
        | Change::AddCheck { .. }
        | Change::AddForeignKey { .. }
        | Change::CreateIndex { .. }
        | Change::AlterNullable { .. }
        | Change::AlterDefault { .. }
        | Change::TieTenants { .. }
        | Change::RequireRows { .. }
        | Change::UseExtension { .. } => true,
        _ if is_kept(op, operations) => true,
        Change::CreateTable { .. }
        | Change::AddColumn { .. }
        | Change::AlterType { .. }
        | Change::DropUnique { .. }
        | Change::DropCheck { .. }
        | Change::DropForeignKey { .. }
        | Change::AlterForeignKey { .. }
        | Change::DropIndex { .. }
        | Change::SetComment { .. } => !takes_away(op, operations),
        _ => false,
    }
}

/// Whether a table is dropped early, because something new has a name of its own.
pub(super) fn drops_in_the_way(operations: &[Op]) -> bool {
    let is_drop = |op: &&Op| matches!(op.change, Change::DropTable { .. });
    (0..)
        .zip(operations)
        .filter(|(_, op)| is_drop(op))
        .any(|(place, drop)| {
            let mut after = operations.iter().skip(place);
            after.any(|op| {
                op.placement == drop.placement && matches!(op.change, Change::CreateTable { .. })
            })
        })
}

/// Cuts an operation, which is one of those that are cut: what makes ready, and what is left for later.
pub(super) fn cut(
    (before, op): (&State, &Op),
    operations: &[Op],
    all_cut: &[Op],
) -> (Option<Op>, Option<Op>) {
    let with = |change| {
        Some(Op {
            change,
            ..op.clone()
        })
    };
    if let Some((name, definition)) = between(before, op, all_cut) {
        return match op.change {
            Change::DropCheck { .. } => (
                Some(op.clone()),
                with(Change::DropCheck { name, definition }),
            ),
            _ => (
                with(Change::AddCheck { name, definition }),
                Some(op.clone()),
            ),
        };
    }
    match &op.change {
        // The version from before gives no value for it, and the next one expects that there is one.
        Change::AddColumn {
            column,
            fill: Some(fill),
        } if !column.has_value() => {
            let default = Some(format!("({fill})"));
            let column = Column {
                default: default.clone(),
                ..column.clone()
            };
            let name = column.name.clone();
            let later = Change::AlterDefault {
                column: name,
                from: default,
                to: None,
            };
            (with(Change::AddColumn { column, fill: None }), with(later))
        }
        // The next version gives no value for it.
        Change::DropColumn { column, fill } if !column.has_value() => {
            let name = column.name.clone();
            let mut column = column.clone();
            let ready = if let Some(fill) = fill {
                column.default = Some(format!("({fill})"));
                Change::AlterDefault {
                    column: name,
                    from: None,
                    to: column.default.clone(),
                }
            } else {
                column.nullable = true;
                Change::AlterNullable {
                    column: name,
                    nullable: true,
                    fill: None,
                }
            };
            (with(ready), with(Change::DropColumn { column, fill: None }))
        }
        // What the next version writes is allowed before, too.
        Change::DropCheck { definition, .. } => {
            let is_narrowed = operations.iter().any(|other| {
                other.placement == op.placement
                    && other.table == op.table
                    && takes_away(other, operations)
                    && matches!(&other.change, Change::AddCheck { definition: narrow, .. } if is_wider(narrow, definition))
            });
            if is_narrowed {
                (None, Some(op.clone()))
            } else {
                (Some(op.clone()), None)
            }
        }
        _ if takes_away(op, operations) => (None, Some(op.clone())),
        _ => (Some(op.clone()), None),
    }
}

/// Whether the two parts, one after the other, lead to where the whole does.
fn leads_to_same(before: &State, whole: &[Op], (expand, contract): (&[Op], &[Op])) -> bool {
    let between = apply(before, expand);
    let parts = between.and_then(|between| apply(&between, contract));
    matches!((apply(before, whole), parts), (Ok(whole), Ok(parts)) if whole == parts)
}
