//! Columns that are numbered by a sequence beside their table: `serial`, from before there were identity columns.

use super::slots::{qualified, slot};
use super::{Change, Column, Namespace, ObjectKind, ObjectName, Op, render};
use crate::model::PlacementKind;
use crate::name::quote_identifier;

/// Returns the sequence that numbers a column and belongs to it, if there is one.
pub(crate) fn sequence_of<'a>(
    namespace: &'a Namespace,
    table: &str,
    column: &Column,
) -> Option<&'a str> {
    let default = column.default.as_deref()?;
    if !default.starts_with("nextval('") {
        return None;
    }
    let owner = format!("/* owned by {table}.{} */", column.name);
    let mut sequences = namespace
        .objects
        .iter()
        .filter(|(name, _)| name.kind == ObjectKind::Sequence);
    let found = sequences.find(|(ObjectName { name, .. }, sql)| {
        let is_drawn = [name.clone(), quote_identifier(name)]
            .iter()
            .any(|name| default.contains(&format!(".{name}'")));
        is_drawn && sql.replace('"', "").ends_with(&owner)
    });
    found.map(|(name, _)| name.name.as_str())
}

/// Returns the statements that carry out operations on a live schema. A column that becomes an identity column goes on where its
/// sequence is, and that is dropped.
pub(crate) fn render_with_sequences(ops: &[Op], live: &Namespace) -> Vec<String> {
    let statements = ops.iter().flat_map(|op| {
        let Change::AlterIdentity {
            column,
            identity: true,
        } = &op.change
        else {
            return render(op);
        };
        let table = live.tables.get(&op.table);
        let sequence = table
            .and_then(|table| table.column(column))
            .and_then(|column| sequence_of(live, &op.table, column));
        match sequence {
            Some(sequence) => exchanged(op, column, sequence),
            None => render(op),
        }
    });
    statements.collect()
}

/// Makes a column an identity column in place of one that draws from a sequence, whose name the new one is to have.
fn exchanged(op: &Op, column: &str, sequence: &str) -> Vec<String> {
    const ASIDE: &str = "tenantry_serial";
    let placement: PlacementKind = op.placement();
    let was = qualified(placement, sequence);
    let aside = format!("{}.{ASIDE}", slot(placement));
    let table = qualified(placement, &op.table).replace('\'', "''");
    let column = column.replace('\'', "''");
    let before = [
        format!("ALTER SEQUENCE {was} OWNED BY NONE"),
        format!("ALTER SEQUENCE {was} RENAME TO {ASIDE}"),
    ];
    let after = [
        format!(
            "SELECT pg_catalog.setval(pg_catalog.pg_get_serial_sequence('{table}', '{column}'), last_value, is_called) FROM {aside}"
        ),
        format!("DROP SEQUENCE {aside}"),
    ];
    before.into_iter().chain(render(op)).chain(after).collect()
}
