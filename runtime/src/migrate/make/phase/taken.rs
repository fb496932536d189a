//! Names that are given to something new.

use crate::structure::Change;

/// Whether a change to a table gives the name to something.
pub(in crate::migrate::make) fn takes_name(change: &Change, table: &str, name: &str) -> bool {
    match change {
        Change::CreateTable { definition } => definition.relation_names(table).any(|it| it == name),
        Change::CreateIndex { name: it, .. }
        | Change::AddUnique { name: it, .. }
        | Change::AddCheck { name: it, .. }
        | Change::AddForeignKey { name: it, .. }
        | Change::RenameConstraint { to: it, .. }
        | Change::RenameIndex { to: it, .. } => it == name,
        Change::AddPrimaryKey { definition } => definition.name == name,
        Change::AlterPrimaryKey { to, .. } => to.name == name,
        _ => false,
    }
}
