//! Operations: what leads from one state to another.
//!
//! A file for each family has all that is known of its changes: their words, their SQL both ways, what they do to a state,
//! when they are due, and what a reviewer should think of.

mod alter;
mod change;
mod check;
mod clause;
mod column;
mod comment;
mod dispatch;
mod enum_column;
mod family;
mod foreign_key;
mod foreign_key_change;
mod generated;
mod index;
mod moved;
mod paired;
mod part;
mod phase;
mod primary_key;
mod rename;
mod state;
mod table;
mod tenant_row;
#[cfg(test)]
mod tests;
mod types;
mod unique;
mod using_index;
mod view;

use std::fmt;

use serde::{Deserialize, Serialize};

pub(super) use self::alter::alterations;
pub use self::change::Change;
pub(super) use self::clause::{IDENTITY, add_constraint};
pub(super) use self::column::column_sql;
pub(super) use self::comment::comment;
pub use self::enum_column::EnumColumn;
use self::family::At;
pub(super) use self::foreign_key::foreign_key;
pub(super) use self::index::create_index;
pub(crate) use self::moved::MOVING;
pub(super) use self::phase::Phase;
pub(super) use self::primary_key::primary_key;
pub(super) use self::table::constraints;
pub(super) use self::unique::unique;
use super::{Namespace, State, StructureError};
use crate::model::PlacementKind;

/// A change to one table, view or type, with all that it takes to render it, to apply it to a [`State`], and to take
/// it back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Op {
    /// Where the table is.
    pub placement: PlacementKind,
    /// The table, or the view, type or extension.
    pub table: String,
    /// The change.
    #[serde(flatten)]
    pub change: Change,
}

/// The statements that carry out an operation, each without a semicolon at its end.
///
/// They are valid in PostgreSQL 15 to 18. Every name is quoted and has its schema, as a slot for [`fill`](super::fill).
/// Every constraint has its name and every `ALTER TABLE` one subcommand, as Citus asks for.
pub fn render(op: &Op) -> Vec<String> {
    op.change.family().sql(&At::of(op))
}

/// The statements that carry out an operation on a table that has rows and is in use.
///
/// They lead to the same as those of [`render`], and can be done in one transaction too. Where each is committed before the next, none
/// looks at all rows while it keeps others from reading or writing. Rows are written in batches by a key, if there is one.
pub(crate) fn render_in_use(op: &Op, key: &[String]) -> Vec<String> {
    let at = At {
        key: key.to_vec(),
        ..At::of(op)
    };
    op.change.family().sql_in_use(&at)
}

/// The state that operations lead to.
///
/// # Errors
///
/// [`StructureError::Misfit`], when an operation changes or drops what is not there, or adds what is.
pub fn apply(state: &State, ops: &[Op]) -> Result<State, StructureError> {
    let mut state = state.clone();
    for op in ops {
        let namespace = state.namespace_mut(op.placement);
        let applied = op.change.family().apply(namespace, &op.table);
        applied.map_err(|reason| StructureError::Misfit {
            operation: op.to_string(),
            reason,
        })?;
        follow(&mut state, op);
    }
    Ok(state)
}

/// Carries a change out on a schema that it was made for.
pub(super) fn apply_one(namespace: &mut Namespace, name: &str, change: &Change) {
    let applied = change.family().apply(namespace, name);
    debug_assert_eq!(applied, Ok(()), "the change was made for this schema");
}

/// Has the foreign keys of both schemas follow a table or column that they lead to, as PostgreSQL does.
fn follow(state: &mut State, op: &Op) {
    let family = op.change.family();
    let State { shared, tenant } = state;
    let tables = shared.tables.values_mut().chain(tenant.tables.values_mut());
    for key in tables.flat_map(|table| table.foreign_keys.values_mut()) {
        if key.target.placement == op.placement && key.target.table == op.table {
            family.follow(&mut key.target);
        }
    }
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

    /// Returns the table or column, as `invoices` or `invoices.total`, whose values the operation takes away.
    pub(crate) fn loses(&self) -> Option<String> {
        if !self.change.loses_data() {
            return None;
        }
        let column = match &self.change {
            Change::DropColumn { column, .. } => Some(&column.name),
            Change::AlterType { column, .. } => Some(column),
            Change::AlterGenerated { to, .. } => Some(&to.name),
            Change::DropFormer { pair } => Some(&pair.former.name),
            _ => None,
        };
        let table = &self.table;
        Some(column.map_or_else(|| table.clone(), |column| format!("{table}.{column}")))
    }

    /// The operation that takes this one back.
    pub fn reversed(&self) -> Self {
        let family = self.change.family();
        let table = family.table_after().unwrap_or(&self.table);
        Self::new(self.placement, table, family.reversed())
    }
}

/// In words, as a list of changes shows it: add column \`notes\` to tenant table \`invoices\`.
impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let family = self.change.family();
        let named = format!("{} `{}`", family.noun(), self.table);
        let is_of_database = matches!(
            self.change,
            Change::UseExtension { .. } | Change::LeaveExtension { .. }
        );
        if is_of_database {
            return f.write_str(&family.words(&named));
        }
        f.write_str(&family.words(&format!("{} {named}", self.placement.as_str())))
    }
}
