//! Names of before and after that mean the same.

mod candidates;
mod labels;

use std::fmt;

use super::{Change, Op, State, StructureError, Table, apply};
use crate::model::PlacementKind;

pub(crate) use candidates::candidates;
use labels::enum_type;
pub(crate) use labels::labels;

/// A name of before and the one that it has now. Tables and columns around it are named as they are afterwards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rename {
    pub(crate) placement: PlacementKind,
    pub(crate) of: Renamed,
    pub(crate) from: String,
    pub(crate) to: String,
}

/// The thing that has the name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Renamed {
    Table,
    Column { table: String },
    Label { table: String, column: String },
}

impl Rename {
    /// Returns the former name as flags write it: `invoices`, `invoices.total`, `invoices.state:open`.
    pub(crate) fn former(&self) -> String {
        let from = &self.from;
        match &self.of {
            Renamed::Table => from.clone(),
            Renamed::Column { table } => format!("{table}.{from}"),
            Renamed::Label { table, column } => format!("{table}.{column}:{from}"),
        }
    }

    /// Returns the column's new name as flags write it.
    pub(crate) fn new_name(&self) -> String {
        match &self.of {
            Renamed::Table => self.to.clone(),
            Renamed::Column { table } | Renamed::Label { table, .. } => {
                format!("{table}.{}", self.to)
            }
        }
    }

    /// Whether it is a label of an enum.
    pub(crate) fn is_label(&self) -> bool {
        matches!(self.of, Renamed::Label { .. })
    }

    /// Says what may have been renamed.
    pub(crate) fn words(&self) -> String {
        let (from, to) = (&self.from, &self.to);
        let placed = self.placement.as_str();
        match &self.of {
            Renamed::Table => format!("{placed} table `{from}` is gone, and `{to}` is new"),
            Renamed::Column { table } => {
                format!("column `{from}` of {placed} table `{table}` is gone, and `{to}` is new")
            }
            Renamed::Label { table, column } => format!(
                "label `{from}` of column `{column}` of {placed} table `{table}` is gone, and `{to}` is new"
            ),
        }
    }

    /// Whether it is of the same kind of thing, at the same place, as another, and ends with the same name.
    pub(crate) fn ends_as(&self, other: &Self) -> bool {
        (self.placement, &self.of, &self.to) == (other.placement, &other.of, &other.to)
    }

    /// Whether something else has the former name afterwards.
    pub(crate) fn is_left(&self, after: &State) -> bool {
        let tables = &after.namespace(self.placement).tables;
        match &self.of {
            Renamed::Table => tables.contains_key(&self.from),
            Renamed::Column { table } => {
                let table = tables.get(table);
                table.is_some_and(|table| table.column(&self.from).is_some())
            }
            Renamed::Label { .. } => false,
        }
    }

    /// Whether the state has the former name, and not the new one yet.
    fn is_due(&self, before: &State, after: &State) -> bool {
        let (old, new) = (
            before.namespace(self.placement),
            after.namespace(self.placement),
        );
        let (before, after) = (&old.tables, &new.tables);
        let (from, to) = (&self.from, &self.to);
        match &self.of {
            Renamed::Table => {
                before.contains_key(from) && !before.contains_key(to) && after.contains_key(to)
            }
            Renamed::Column { table } => {
                let has = |table: Option<&Table>, name: &str| {
                    table.is_some_and(|table| table.column(name).is_some())
                };
                let (before, after) = (before.get(table), after.get(table));
                has(before, from) && !has(before, to) && has(after, to)
            }
            Renamed::Label { table, column } => {
                let of = |namespace, table: Option<&Table>| {
                    table.map_or_else(Vec::new, |table| labels(namespace, table, column))
                };
                let (before, after) = (of(old, before.get(table)), of(new, after.get(table)));
                before.contains(from) && after.contains(to) && !after.contains(from)
            }
        }
    }

    fn op(&self, before: &State) -> Op {
        let (from, to) = (self.from.clone(), self.to.clone());
        let (table, change) = match &self.of {
            Renamed::Table => (&self.from, Change::RenameTable { from, to }),
            Renamed::Column { table } => (table, Change::RenameColumn { from, to }),
            Renamed::Label { table, column } => {
                let namespace = before.namespace(self.placement);
                let definition = namespace.tables.get(table);
                let ty = definition.and_then(|table| enum_type(namespace, table, column));
                if let Some((name, _)) = ty {
                    (name, Change::RenameEnumLabel { from, to })
                } else {
                    let column = column.clone();
                    (table, Change::RenameLabel { column, from, to })
                }
            }
        };
        Op::new(self.placement, table.clone(), change)
    }
}

/// As a flag writes it: `invoices.total=amount`.
impl fmt::Display for Rename {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.former(), self.to)
    }
}

/// The operations that rename tables and columns, the state that they lead to, and those that rename labels, whose time
/// is later.
pub(super) struct Applied {
    pub(super) first: Vec<Op>,
    pub(super) state: State,
    pub(super) labels: Vec<Op>,
}

/// Applies the renames that are due: tables before their columns, columns before their labels.
pub(super) fn apply_all(
    before: &State,
    after: &State,
    renames: &[Rename],
) -> Result<Applied, StructureError> {
    let mut applied = Applied {
        first: Vec::new(),
        state: before.clone(),
        labels: Vec::new(),
    };
    let is_table = |rename: &&Rename| rename.of == Renamed::Table;
    let tables = renames.iter().filter(is_table);
    let others = renames.iter().filter(|rename| !is_table(rename));
    let mut open: Vec<&Rename> = tables.chain(others).collect();
    // A name may be free only once what had it has another.
    while let Some(at) = open
        .iter()
        .position(|rename| rename.is_due(&applied.state, after))
    {
        let rename = open.remove(at);
        let op = rename.op(&applied.state);
        if matches!(op.change, Change::RenameLabel { .. }) {
            applied.labels.push(op);
        } else {
            applied.state = apply(&applied.state, std::slice::from_ref(&op))?;
            applied.first.push(op);
        }
    }
    Ok(applied)
}

/// Returns the state after the renames of tables and columns.
pub(crate) fn after_renames(
    before: &State,
    after: &State,
    renames: &[Rename],
) -> Result<State, StructureError> {
    Ok(apply_all(before, after, renames)?.state)
}
