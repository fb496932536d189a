//! Applies operations to a state.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::{Change, Column, Op, State, StructureError, Table};

/// The state that operations lead to.
///
/// # Errors
///
/// [`StructureError::Misfit`], when an operation changes or drops what is not there, or adds what is.
pub fn apply(state: &State, ops: &[Op]) -> Result<State, StructureError> {
    let mut state = state.clone();
    for op in ops {
        apply_one(&mut state, op).map_err(|reason| StructureError::Misfit {
            operation: op.to_string(),
            reason,
        })?;
    }
    Ok(state)
}

/// Why an operation does not fit.
type Misfit = String;

fn apply_one(state: &mut State, op: &Op) -> Result<(), Misfit> {
    let tables = &mut state.namespace_mut(op.placement).tables;
    match &op.change {
        Change::CreateTable { definition } => return add(tables, "table", &op.table, definition),
        Change::DropTable { .. } => return drop_from(tables, "table", &op.table),
        _ => {}
    }
    let table = tables
        .get_mut(&op.table)
        .ok_or_else(|| missing("table", &op.table))?;
    change_columns(table, &op.change)?;
    change_constraints(table, &op.change)
}

fn change_columns(table: &mut Table, change: &Change) -> Result<(), Misfit> {
    match change {
        Change::AddColumn { column } => {
            if table.column(&column.name).is_some() {
                return Err(present("column", &column.name));
            }
            table.columns.push(column.clone());
        }
        Change::DropColumn { column } => {
            column_mut(table, &column.name)?;
            table.columns.retain(|other| other.name != column.name);
        }
        Change::AlterType { column, to, .. } => {
            column_mut(table, column)?.sql_type.clone_from(to);
        }
        Change::AlterNullable { column, nullable } => {
            column_mut(table, column)?.nullable = *nullable;
        }
        Change::AlterDefault { column, to, .. } => {
            column_mut(table, column)?.default.clone_from(to);
        }
        Change::AlterIdentity { column, identity } => {
            column_mut(table, column)?.identity = *identity;
        }
        Change::SetComment { column, to, .. } => match column {
            Some(column) => column_mut(table, column)?.comment.clone_from(to),
            None => table.comment.clone_from(to),
        },
        _ => {}
    }
    Ok(())
}

fn change_constraints(table: &mut Table, change: &Change) -> Result<(), Misfit> {
    match change {
        Change::AddPrimaryKey { definition } => {
            if let Some(key) = &table.primary_key {
                return Err(present("primary key", &key.name));
            }
            table.primary_key = Some(definition.clone());
            Ok(())
        }
        Change::DropPrimaryKey { definition } => table
            .primary_key
            .take_if(|key| key.name == definition.name)
            .map(drop)
            .ok_or_else(|| missing("primary key", &definition.name)),
        Change::AddUnique { name, definition } => {
            add(&mut table.uniques, "unique constraint", name, definition)
        }
        Change::DropUnique { name, .. } => drop_from(&mut table.uniques, "unique constraint", name),
        Change::AddCheck { name, definition } => add(&mut table.checks, "check", name, definition),
        Change::DropCheck { name, .. } => drop_from(&mut table.checks, "check", name),
        Change::AddForeignKey { name, definition } => {
            add(&mut table.foreign_keys, "foreign key", name, definition)
        }
        Change::DropForeignKey { name, .. } => {
            drop_from(&mut table.foreign_keys, "foreign key", name)
        }
        Change::CreateIndex { name, definition } => {
            add(&mut table.indexes, "index", name, definition)
        }
        Change::DropIndex { name, .. } => drop_from(&mut table.indexes, "index", name),
        _ => Ok(()),
    }
}

fn column_mut<'a>(table: &'a mut Table, name: &str) -> Result<&'a mut Column, Misfit> {
    table
        .column_mut(name)
        .ok_or_else(|| missing("column", name))
}

fn add<V: Clone>(
    map: &mut BTreeMap<String, V>,
    what: &str,
    name: &str,
    value: &V,
) -> Result<(), Misfit> {
    match map.entry(name.to_owned()) {
        Entry::Occupied(_) => Err(present(what, name)),
        Entry::Vacant(place) => {
            place.insert(value.clone());
            Ok(())
        }
    }
}

fn drop_from<V>(map: &mut BTreeMap<String, V>, what: &str, name: &str) -> Result<(), Misfit> {
    map.remove(name)
        .map(drop)
        .ok_or_else(|| missing(what, name))
}

fn missing(what: &str, name: &str) -> Misfit {
    format!("there is no {what} `{name}`")
}

fn present(what: &str, name: &str) -> Misfit {
    format!("there is a {what} `{name}` already")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::PlacementKind;
    use crate::structure::Check;

    #[test]
    fn an_operation_that_does_not_fit_says_what_is_in_its_way() {
        let mut state = State::default();
        state
            .tenant
            .tables
            .insert("notes".to_owned(), Table::default());
        let drop_check = |placement| {
            let change = Change::DropCheck {
                name: "notes_check".to_owned(),
                definition: Check::new("true"),
            };
            [Op::new(placement, "notes", change)]
        };
        let error = apply(&state, &drop_check(PlacementKind::Tenant)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "can't drop check `notes_check` from tenant table `notes`: there is no check `notes_check`"
        );
        let error = apply(&state, &drop_check(PlacementKind::Shared)).unwrap_err();
        assert!(
            error.to_string().ends_with("there is no table `notes`"),
            "{error}"
        );
        let create = Change::CreateTable {
            definition: Table::default(),
        };
        let error = apply(&state, &[Op::new(PlacementKind::Tenant, "notes", create)]).unwrap_err();
        assert!(
            error
                .to_string()
                .ends_with("there is a table `notes` already"),
            "{error}"
        );
    }
}
