//! When a change is due.

use super::Change;

/// The order of the changes within one schema.
///
/// The reverse order takes the changes back: what a change needs is there before it and gone after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Phase {
    DropForeignKeys,
    /// Also indexes.
    DropConstraints,
    /// Tables whose names, or whose indexes' names, something new is going to have.
    DropTablesInTheWay,
    CreateTables,
    AddColumns,
    AlterColumns,
    /// Also indexes.
    AddConstraints,
    /// Late, so that whoever edits the SQL can move values out of the columns before.
    DropColumns,
    DropTables,
    Comments,
    /// Last, because a foreign key keeps the table that it references locked until the transaction ends.
    AddForeignKeys,
}

impl Phase {
    /// When a change is due that is due at the same time always.
    pub(super) fn of(change: &Change) -> Self {
        match change {
            Change::DropForeignKey { .. } => Self::DropForeignKeys,
            Change::DropPrimaryKey { .. }
            | Change::DropUnique { .. }
            | Change::DropCheck { .. }
            | Change::DropIndex { .. } => Self::DropConstraints,
            Change::CreateTable { .. } => Self::CreateTables,
            Change::AddColumn { .. } => Self::AddColumns,
            Change::AlterType { .. }
            | Change::AlterNullable { .. }
            | Change::AlterDefault { .. }
            | Change::AlterIdentity { .. } => Self::AlterColumns,
            Change::AddPrimaryKey { .. }
            | Change::AddUnique { .. }
            | Change::AddCheck { .. }
            | Change::CreateIndex { .. } => Self::AddConstraints,
            Change::DropColumn { .. } => Self::DropColumns,
            Change::DropTable { .. } => Self::DropTables,
            Change::SetComment { .. } => Self::Comments,
            Change::AddForeignKey { .. } => Self::AddForeignKeys,
        }
    }
}
