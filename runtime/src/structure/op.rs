//! Operations: what leads from one state to another.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Check, Column, ForeignKey, Index, PrimaryKey, Table, Unique};
use crate::model::PlacementKind;

/// A change to one table, with all that it takes to render it, to apply it to a [`State`](super::State), and to take
/// it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Op {
    /// Where the table is.
    pub placement: PlacementKind,
    /// The table.
    pub table: String,
    /// The change.
    #[serde(flatten)]
    pub change: Change,
}

/// A change of a table.
///
/// Renamed tables, renamed columns and tables that move between the shared and the tenant schemas are changes of their
/// own, not a drop and a create: they will be further variants. A [`diff`](super::diff) can't see them, since only
/// the author of a change knows that something old and something new are the same.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Change {
    /// Makes the table with all that belongs to it, except for foreign keys.
    CreateTable {
        /// The table, without foreign keys.
        definition: Table,
    },
    /// Drops the table with all that belongs to it. Its foreign keys are dropped before.
    DropTable {
        /// The table, without foreign keys.
        definition: Table,
    },
    /// Adds a column.
    AddColumn {
        /// The column.
        column: Column,
    },
    /// Drops a column.
    DropColumn {
        /// The column.
        column: Column,
    },
    /// Changes a column's type.
    AlterType {
        /// The column's name.
        column: String,
        /// The type before.
        from: String,
        /// The type after.
        to: String,
    },
    /// Allows nulls in a column, or forbids them.
    AlterNullable {
        /// The column's name.
        column: String,
        /// Whether the column can be null afterwards.
        nullable: bool,
    },
    /// Changes a column's default.
    AlterDefault {
        /// The column's name.
        column: String,
        /// The default before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// The default after.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
    },
    /// Makes a column an identity column, or a plain one.
    AlterIdentity {
        /// The column's name.
        column: String,
        /// Whether it is an identity column afterwards.
        identity: bool,
    },
    /// Adds the primary key.
    AddPrimaryKey {
        /// The primary key.
        definition: PrimaryKey,
    },
    /// Drops the primary key.
    DropPrimaryKey {
        /// The primary key.
        definition: PrimaryKey,
    },
    /// Adds a unique constraint.
    AddUnique {
        /// Its name.
        name: String,
        /// The constraint.
        definition: Unique,
    },
    /// Drops a unique constraint.
    DropUnique {
        /// Its name.
        name: String,
        /// The constraint.
        definition: Unique,
    },
    /// Adds a check.
    AddCheck {
        /// Its name.
        name: String,
        /// The check.
        definition: Check,
    },
    /// Drops a check.
    DropCheck {
        /// Its name.
        name: String,
        /// The check.
        definition: Check,
    },
    /// Adds a foreign key.
    AddForeignKey {
        /// Its name.
        name: String,
        /// The foreign key.
        definition: ForeignKey,
    },
    /// Drops a foreign key.
    DropForeignKey {
        /// Its name.
        name: String,
        /// The foreign key.
        definition: ForeignKey,
    },
    /// Makes an index.
    CreateIndex {
        /// Its name.
        name: String,
        /// The index.
        definition: Index,
    },
    /// Drops an index.
    DropIndex {
        /// Its name.
        name: String,
        /// The index.
        definition: Index,
    },
    /// Changes the comment of the table or of one of its columns.
    SetComment {
        /// The column's name; none for the table itself.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        column: Option<String>,
        /// The comment before.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        from: Option<String>,
        /// The comment after.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        to: Option<String>,
    },
}

/// The operations that take these back, in the order in which they can be executed.
pub fn reverse(ops: &[Op]) -> Vec<Op> {
    ops.iter().rev().map(Op::reversed).collect()
}

impl Op {
    /// Describes a change to a table.
    pub fn new(placement: PlacementKind, table: impl Into<String>, change: Change) -> Self {
        Self {
            placement,
            table: table.into(),
            change,
        }
    }

    /// Returns the schema that the operation belongs to: the shared one, or each tenant's.
    pub fn placement(&self) -> PlacementKind {
        self.placement
    }

    /// The operation that takes this one back.
    pub fn reversed(&self) -> Self {
        Self::new(self.placement, self.table.clone(), self.change.reversed())
    }
}

impl Change {
    /// Tells whether the change takes away values that can't be had back: it drops a table or a column.
    pub fn loses_data(&self) -> bool {
        matches!(self, Self::DropTable { .. } | Self::DropColumn { .. })
    }

    /// The change that takes this one back.
    pub fn reversed(&self) -> Self {
        match self.clone() {
            Self::CreateTable { definition } => Self::DropTable { definition },
            Self::DropTable { definition } => Self::CreateTable { definition },
            Self::AddColumn { column } => Self::DropColumn { column },
            Self::DropColumn { column } => Self::AddColumn { column },
            Self::AlterType { column, from, to } => Self::AlterType {
                column,
                from: to,
                to: from,
            },
            Self::AlterNullable { column, nullable } => Self::AlterNullable {
                column,
                nullable: !nullable,
            },
            Self::AlterDefault { column, from, to } => Self::AlterDefault {
                column,
                from: to,
                to: from,
            },
            Self::AlterIdentity { column, identity } => Self::AlterIdentity {
                column,
                identity: !identity,
            },
            Self::AddPrimaryKey { definition } => Self::DropPrimaryKey { definition },
            Self::DropPrimaryKey { definition } => Self::AddPrimaryKey { definition },
            Self::AddUnique { name, definition } => Self::DropUnique { name, definition },
            Self::DropUnique { name, definition } => Self::AddUnique { name, definition },
            Self::AddCheck { name, definition } => Self::DropCheck { name, definition },
            Self::DropCheck { name, definition } => Self::AddCheck { name, definition },
            Self::AddForeignKey { name, definition } => Self::DropForeignKey { name, definition },
            Self::DropForeignKey { name, definition } => Self::AddForeignKey { name, definition },
            Self::CreateIndex { name, definition } => Self::DropIndex { name, definition },
            Self::DropIndex { name, definition } => Self::CreateIndex { name, definition },
            Self::SetComment { column, from, to } => Self::SetComment {
                column,
                from: to,
                to: from,
            },
        }
    }
}

/// In words, as a list of changes shows it: add column \`notes\` to tenant table \`invoices\`.
impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let table = format!("{} table `{}`", self.placement.as_str(), self.table);
        match &self.change {
            Change::CreateTable { .. } => write!(f, "create {table}"),
            Change::DropTable { .. } => write!(f, "drop {table}"),
            Change::AddColumn { column } => write!(f, "add column `{}` to {table}", column.name),
            Change::DropColumn { column } => {
                write!(f, "drop column `{}` from {table}", column.name)
            }
            Change::AlterType { column, from, to } => {
                write!(
                    f,
                    "change column `{column}` of {table} from `{from}` to `{to}`"
                )
            }
            Change::AlterNullable { column, nullable } => {
                let verb = if *nullable { "allow" } else { "forbid" };
                write!(f, "{verb} nulls in column `{column}` of {table}")
            }
            Change::AlterDefault { column, to, .. } => match to {
                Some(to) => write!(
                    f,
                    "set the default of column `{column}` of {table} to `{to}`"
                ),
                None => write!(f, "drop the default of column `{column}` of {table}"),
            },
            Change::AlterIdentity { column, identity } => {
                let verb = if *identity { "make" } else { "stop making" };
                write!(f, "{verb} column `{column}` of {table} an identity column")
            }
            Change::AddPrimaryKey { definition } => {
                write!(f, "add primary key `{}` to {table}", definition.name)
            }
            Change::DropPrimaryKey { definition } => {
                write!(f, "drop primary key `{}` from {table}", definition.name)
            }
            Change::AddUnique { name, .. } => {
                write!(f, "add unique constraint `{name}` to {table}")
            }
            Change::DropUnique { name, .. } => {
                write!(f, "drop unique constraint `{name}` from {table}")
            }
            Change::AddCheck { name, .. } => write!(f, "add check `{name}` to {table}"),
            Change::DropCheck { name, .. } => write!(f, "drop check `{name}` from {table}"),
            Change::AddForeignKey { name, .. } => {
                write!(f, "add foreign key `{name}` to {table}")
            }
            Change::DropForeignKey { name, .. } => {
                write!(f, "drop foreign key `{name}` from {table}")
            }
            Change::CreateIndex { name, .. } => write!(f, "create index `{name}` on {table}"),
            Change::DropIndex { name, .. } => write!(f, "drop index `{name}` of {table}"),
            Change::SetComment { column, .. } => match column {
                Some(column) => write!(f, "comment on column `{column}` of {table}"),
                None => write!(f, "comment on {table}"),
            },
        }
    }
}
