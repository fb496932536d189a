//! Names that change: of tables, columns, constraints, indexes, and labels of enums.

use super::family::{At, Family};
use super::state::{Misfit, column_mut, missing, present, table_mut};
use super::{Change, Phase};
use crate::name::{quote_identifier, quote_literal};
use crate::structure::slots::qualified;
use crate::structure::{Column, Namespace, Table, Target};

/// A name that becomes another.
pub(super) struct Renaming<'a> {
    pub(super) of: Named<'a>,
    pub(super) from: &'a str,
    pub(super) to: &'a str,
}

/// The thing that has the name.
#[derive(Clone, Copy)]
pub(super) enum Named<'a> {
    Table,
    Column,
    Constraint,
    Index,
    /// A label of the enum that a column has.
    Label(&'a str),
}

impl Family for Renaming<'_> {
    fn words(&self, table: &str) -> String {
        let (from, to) = (self.from, self.to);
        match self.of {
            Named::Table => format!("rename {table} to `{to}`"),
            Named::Column => format!("rename column `{from}` of {table} to `{to}`"),
            Named::Constraint => format!("rename constraint `{from}` of {table} to `{to}`"),
            Named::Index => format!("rename index `{from}` of {table} to `{to}`"),
            Named::Label(column) => {
                format!("rename `{from}` in column `{column}` of {table} to `{to}`")
            }
        }
    }

    fn phase(&self) -> Phase {
        match self.of {
            Named::Table | Named::Column => Phase::Rename,
            Named::Constraint | Named::Index => Phase::RenameParts,
            Named::Label(_) => Phase::AlterColumns,
        }
    }

    fn sql(&self, at: &At) -> Vec<String> {
        let (from, to) = (quote_identifier(self.from), quote_identifier(self.to));
        match self.of {
            Named::Table => at.alter(&format!("RENAME TO {to}")),
            Named::Column => at.alter(&format!("RENAME COLUMN {from} TO {to}")),
            Named::Constraint => at.alter(&format!("RENAME CONSTRAINT {from} TO {to}")),
            Named::Index => {
                let index = qualified(at.placement, self.from);
                vec![format!("ALTER INDEX {index} RENAME TO {to}")]
            }
            Named::Label(column) => {
                let column = quote_identifier(column);
                let literal = |label| quote_literal(label).trim_start().to_owned();
                let (from, to) = (literal(self.from), literal(self.to));
                vec![format!(
                    "UPDATE {} SET {column} = {to} WHERE {column} = {from}",
                    at.table
                )]
            }
        }
    }

    fn apply(&self, Namespace { tables, .. }: &mut Namespace, table: &str) -> Result<(), Misfit> {
        match self.of {
            Named::Table => {
                if tables.contains_key(self.to) {
                    return Err(present("table", self.to));
                }
                let definition = tables.remove(table);
                let mut definition = definition.ok_or_else(|| missing("table", table))?;
                definition.rename_itself(self.from, self.to);
                tables.insert(self.to.to_owned(), definition);
            }
            Named::Column => {
                if table_mut(tables, table)?.column(self.to).is_some() {
                    return Err(present("column", self.to));
                }
                let column: &mut Column = column_mut(tables, table, self.from)?;
                self.to.clone_into(&mut column.name);
                table_mut(tables, table)?.rename_column(self.from, self.to);
            }
            Named::Constraint => {
                let table = table_mut(tables, table)?;
                if has_constraint(table, self.to) {
                    return Err(present("constraint", self.to));
                }
                rename_constraint(table, self.from, self.to)
                    .ok_or_else(|| missing("constraint", self.from))?;
            }
            Named::Index => {
                let indexes = &mut table_mut(tables, table)?.indexes;
                if indexes.contains_key(self.to) {
                    return Err(present("index", self.to));
                }
                let index = indexes.remove(self.from);
                let index = index.ok_or_else(|| missing("index", self.from))?;
                indexes.insert(self.to.to_owned(), index);
            }
            // Which labels there are is said by the check, which is dropped before and added afterwards.
            Named::Label(column) => {
                column_mut(tables, table, column)?;
            }
        }
        Ok(())
    }

    fn follow(&self, target: &mut Target) {
        match self.of {
            Named::Table => self.to.clone_into(&mut target.table),
            Named::Column => {
                for column in &mut target.columns {
                    if column == self.from {
                        self.to.clone_into(column);
                    }
                }
            }
            Named::Constraint | Named::Index | Named::Label(_) => {}
        }
    }

    fn table_after(&self) -> Option<&str> {
        matches!(self.of, Named::Table).then_some(self.to)
    }

    fn reversed(&self) -> Change {
        let (from, to) = (self.to.to_owned(), self.from.to_owned());
        match self.of {
            Named::Table => Change::RenameTable { from, to },
            Named::Column => Change::RenameColumn { from, to },
            Named::Constraint => Change::RenameConstraint { from, to },
            Named::Index => Change::RenameIndex { from, to },
            Named::Label(column) => Change::RenameLabel {
                column: column.to_owned(),
                from,
                to,
            },
        }
    }

    fn slug(&self, table: &str) -> String {
        let (from, to) = (self.from, self.to);
        match self.of {
            Named::Table => format!("rename_{from}_{to}"),
            Named::Column => format!("rename_{table}_{from}_{to}"),
            Named::Constraint | Named::Index | Named::Label(_) => format!("alter_{table}"),
        }
    }

    fn takes_away(&self) -> bool {
        // Nobody asks for a constraint by its name, except for upserts, which name columns here.
        !matches!(self.of, Named::Constraint | Named::Index)
    }

    fn note(&self) -> Option<&'static str> {
        match self.of {
            Named::Table | Named::Column => Some(
                "a version of the application that knows the former name fails from now on; views and routines written by \
                 hand may name it as text",
            ),
            Named::Label(_) => Some(
                "writes all rows that have it; a version of the application that knows the former label can't read them",
            ),
            Named::Constraint | Named::Index => None,
        }
    }
}

fn has_constraint(table: &Table, name: &str) -> bool {
    let is_key = table
        .primary_key
        .as_ref()
        .is_some_and(|key| key.name == name);
    is_key
        || table.uniques.contains_key(name)
        || table.checks.contains_key(name)
        || table.foreign_keys.contains_key(name)
}

fn rename_constraint(table: &mut Table, from: &str, to: &str) -> Option<()> {
    if let Some(key) = table.primary_key.as_mut().filter(|key| key.name == from) {
        to.clone_into(&mut key.name);
        return Some(());
    }
    let to = to.to_owned();
    if let Some(unique) = table.uniques.remove(from) {
        table.uniques.insert(to, unique);
    } else if let Some(check) = table.checks.remove(from) {
        table.checks.insert(to, check);
    } else {
        let key = table.foreign_keys.remove(from)?;
        table.foreign_keys.insert(to, key);
    }
    Some(())
}
