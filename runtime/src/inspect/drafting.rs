//! From the structure of schemas to models: which tables can be some, and what is left out.

use super::draft::{Draft, Drafts, Planned, comment};
use super::enums::KeptEnums;
use super::fields::{Fields, is_key};
use super::names::{TypeNames, is_column, is_plain};
use super::parts;
use crate::model::PlacementKind;
use crate::structure::{Column, Namespace, ObjectKind, ObjectName, State, Table, sequence_of};

/// Makes models of all tables that can be some.
pub(super) fn draft(state: &State, enums: &KeptEnums) -> Drafts {
    let mut drafts = Drafts::default();
    let mut names = TypeNames::default();
    let mut planned = Vec::new();
    for placement in [PlacementKind::Shared, PlacementKind::Tenant] {
        let namespace = state.namespace(placement);
        for (name, table) in &namespace.tables {
            match keys_of(namespace, name, table) {
                Ok(keys) => planned.push(Planned {
                    placement,
                    name,
                    table,
                    model: names.of_table(name),
                    keys,
                }),
                Err(why) => drafts.leave_out(placement, name, format!("no model: {why}")),
            }
        }
    }
    for plan in &planned {
        let namespace = state.namespace(plan.placement);
        let mut fields = Fields::new(namespace, plan, &planned, enums);
        fields.read_all(&mut names, &mut drafts);
        let (fields, left_out) = fields.into_parts();
        let mut draft = Draft {
            name: plan.model.clone(),
            placement: plan.placement,
            table: plan.name.to_owned(),
            comment: comment(plan.table.comment.as_deref()),
            fields,
            indexes: Vec::new(),
            checks: Vec::new(),
        };
        parts::add(&mut draft, plan.table, &left_out);
        drafts.models.push(draft);
    }
    drafts
}

/// The most columns that the key of a model has.
const MOST: usize = 8;

/// The columns of the key of a table that can be a model, in its order; or why it can't.
pub(super) fn keys_of<'a>(
    namespace: &Namespace,
    name: &str,
    table: &'a Table,
) -> Result<Vec<&'a Column>, String> {
    let words = namespace
        .objects
        .get(&ObjectName::new(ObjectKind::Table, name))
        .map_or("", String::as_str);
    for (word, why) in [
        ("PARTITION OF (", "it is a partition"),
        ("PARTITION BY ", "it is partitioned"),
        ("INHERITS (", "it inherits from another table"),
    ] {
        if words.contains(word) {
            return Err(why.to_owned());
        }
    }
    if !is_plain(name) {
        return Err(
            "its name is not written in small letters, digits and `_`; rename it, and inspect again"
                .to_owned(),
        );
    }
    let Some(key) = &table.primary_key else {
        return Err("it has no primary key".to_owned());
    };
    let columns = &key.columns;
    if columns.len() > MOST {
        return Err(format!("its primary key has {} columns", columns.len()));
    }
    let is_part = columns.len() > 1;
    columns
        .iter()
        .map(|name| {
            let column = table
                .column(name)
                .ok_or("its primary key is no column of its own")?;
            match unfit_key(namespace, column, is_part) {
                Some(why) => Err(format!("its primary key `{name}` {why}")),
                None => Ok(column),
            }
        })
        .collect()
}

/// Why a column can't be the key of a model, or a part of one.
fn unfit_key(namespace: &Namespace, column: &Column, is_part: bool) -> Option<String> {
    if !is_column(&column.name) {
        return Some(
            "is not written in small letters, digits and `_`; rename it, and inspect again"
                .to_owned(),
        );
    }
    let is_numbered = column.identity
        || namespace.tables.iter().any(|(table, of)| {
            of.column(&column.name)
                .is_some_and(|it| std::ptr::eq(it, column))
                && sequence_of(namespace, table, column).is_some()
        });
    if is_part && is_numbered {
        return Some("is numbered by the database beside other columns of the key".to_owned());
    }
    if column.generated.is_some() {
        return Some("is computed".to_owned());
    }
    (!is_key(&column.sql_type, is_part)).then(|| format!("has the type `{}`", column.sql_type))
}
