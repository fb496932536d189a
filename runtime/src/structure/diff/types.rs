//! Enum types and extensions that come, change and go.

use super::Steps;
use crate::name::quote_identifier;
use crate::structure::op::EnumColumn;
use crate::structure::slots::slot;
use crate::structure::{Change, Namespace, apply_one};

/// Collects the steps for types and extensions. Returns the namespace of before as it is once the types have their labels.
pub(super) fn compare(steps: &mut Steps, from: &Namespace, to: &Namespace) -> Namespace {
    for (name, schema) in &from.extensions {
        if to.extensions.get(name) != Some(schema) {
            let schema = schema.clone();
            steps.add(name, Change::LeaveExtension { schema });
        }
    }
    for (name, schema) in &to.extensions {
        if from.extensions.get(name) != Some(schema) {
            let schema = schema.clone();
            steps.add(name, Change::UseExtension { schema });
        }
    }
    let mut between = from.clone();
    for (name, labels) in &from.types {
        match to.types.get(name) {
            None => {
                let labels = labels.clone();
                steps.add(name, Change::DropEnum { labels });
            }
            Some(after) if after != labels => {
                let change = altered(steps, name, (labels, after), (from, to));
                apply_one(&mut between, name, &change);
                steps.add(name, change);
            }
            Some(_) => {}
        }
    }
    for (name, labels) in &to.types {
        if !from.types.contains_key(name) {
            let labels = labels.clone();
            steps.add(name, Change::CreateEnum { labels });
        }
    }
    between
}

/// The change of an enum's labels, of which the columns are those that have it before.
///
/// The type is made anew where PostgreSQL can do nothing else with it, and where a default is a label that is new: one that was added can't be used
/// before the transaction has ended.
fn altered(
    steps: &Steps,
    name: &str,
    (before, after): (&Vec<String>, &Vec<String>),
    (from, to): (&Namespace, &Namespace),
) -> Change {
    let ty = format!("{}.{}", slot(steps.placement), quote_identifier(name));
    let list = format!("{ty}[]");
    let mut columns = Vec::new();
    for (table, definition) in &from.tables {
        for column in &definition.columns {
            let is_list = column.sql_type == list;
            if column.sql_type != ty && !is_list {
                continue;
            }
            let becomes = to.tables.get(table);
            let becomes = becomes.and_then(|table| table.column(&column.name));
            let stays = becomes.filter(|becomes| becomes.sql_type == column.sql_type);
            columns.push(EnumColumn {
                table: table.clone(),
                column: column.name.clone(),
                is_list,
                before: column.default.clone(),
                after: stays.and_then(|becomes| becomes.default.clone()),
            });
        }
    }
    let mut kept = after.iter().filter(|label| before.contains(label));
    let is_wider = kept.by_ref().eq(before.iter());
    let new = || after.iter().filter(|label| !before.contains(label));
    let tables = to.tables.values();
    let is_default = tables.flat_map(|table| &table.columns).any(|column| {
        let is_of_type = column.sql_type == ty || column.sql_type == list;
        let default = column.default.as_deref().filter(|_| is_of_type);
        default.is_some_and(|default| new().any(|label| default.contains(label.as_str())))
    });
    Change::AlterEnum {
        from: before.clone(),
        to: after.clone(),
        columns,
        anew: !is_wider || is_default,
    }
}
