//! Views of one branch over what another changes.

use crate::model::PlacementKind;
use crate::structure::{Change, Namespace, Op, State, View, disturbs, takes_from};

use super::gone::Gone;

/// Says what the operations take from a view that stays as it is, though it was made on another branch than these: PostgreSQL refuses that.
/// `base`: what the branches have in common.
///
/// A view that was there before the branches was in sight when they were written.
pub(super) fn taken_from_view(base: &State, before: &State, operations: &[Op]) -> Option<String> {
    let is_about = |op: &Op, placement, name: &str| {
        op.placement == placement && op.table == name && is_of_view(&op.change)
    };
    for placement in [PlacementKind::Shared, PlacementKind::Tenant] {
        for (name, view) in &before.namespace(placement).views {
            let is_common = base.namespace(placement).views.get(name) == Some(view);
            if is_common || operations.iter().any(|op| is_about(op, placement, name)) {
                continue;
            }
            let mut rest = operations;
            while let [op, others @ ..] = rest {
                let takes = match &op.change {
                    Change::DropColumn { column, .. } => {
                        takes_from(op, view)
                            && is_meant(view, before, op.placement, &op.table, &column.name)
                    }
                    change => {
                        !is_followed(change)
                            && (takes_from(op, view) || disturbs(op, rest, view, view))
                    }
                };
                if takes {
                    return Some(format!(
                        "changes the table `{}`, and the view `{name}` of another branch reads what it changes",
                        op.table
                    ));
                }
                rest = others;
            }
        }
    }
    None
}

/// Says what a view that the operations make reads and is not there any more.
pub(super) fn unreadable(after: &State, gone: &Gone, operations: &[Op]) -> Option<String> {
    operations.iter().find_map(|op| {
        let (Change::CreateView { definition: view } | Change::ReplaceView { to: view, .. }) = &op.change else {
            return None;
        };
        let name = &op.table;
        if let Some((_, table)) = gone.tables(after).find(|(placement, table)| view.reads(*placement, table)) {
            return Some(format!("makes the view `{name}` of the table `{table}`, which is not there any more"));
        }
        let mut columns = gone.columns(after);
        let (_, table, column) =
            columns.find(|(placement, table, column)| is_meant(view, after, *placement, table, column))?;
        Some(format!(
            "makes the view `{name}`, which names the column `{column}` of the table `{table}`, which is not there any more"
        ))
    })
}

/// Whether a name in the query of a view is that of the table's column, as far as that shows.
fn is_meant(
    view: &View,
    state: &State,
    placement: PlacementKind,
    table: &str,
    column: &str,
) -> bool {
    let others = |placement: PlacementKind, namespace: &Namespace| {
        namespace.tables.iter().any(|(other, it)| {
            other != table && view.reads(placement, other) && it.column(column).is_some()
        })
    };
    view.reads(placement, table)
        && view.mentions(column)
        && !others(PlacementKind::Shared, &state.shared)
        && !others(PlacementKind::Tenant, &state.tenant)
}

fn is_of_view(change: &Change) -> bool {
    matches!(
        change,
        Change::CreateView { .. } | Change::ReplaceView { .. } | Change::DropView { .. }
    )
}

/// Whether PostgreSQL follows a change in the views that read the table, or may.
fn is_followed(change: &Change) -> bool {
    match change {
        Change::RenameTable { .. }
        | Change::RenameColumn { .. }
        | Change::DropPrimaryKey { .. } => true,
        Change::DropFormer { pair } => pair.former.sql_type == pair.latter.sql_type,
        _ => false,
    }
}
