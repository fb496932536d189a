//! From the structure of schemas to models: which tables can be some, and what is left out.

use super::draft::{Draft, Drafts, Planned, comment};
use super::fields::{Fields, key_rust};
use super::names::{TypeNames, is_column, is_plain};
use super::parts;
use crate::model::PlacementKind;
use crate::structure::{Namespace, ObjectKind, ObjectName, State, Table};

/// Makes models of all tables that can be some.
pub(super) fn draft(state: &State) -> Drafts {
    let mut drafts = Drafts::default();
    let mut names = TypeNames::default();
    let mut planned = Vec::new();
    for placement in [PlacementKind::Shared, PlacementKind::Tenant] {
        let namespace = state.namespace(placement);
        for (name, table) in &namespace.tables {
            match key_of(namespace, name, table) {
                Ok((key, key_type)) => planned.push(Planned {
                    placement,
                    name,
                    table,
                    model: names.of_table(name),
                    key,
                    key_type,
                }),
                Err(why) => drafts.leave_out(placement, name, format!("no model: {why}")),
            }
        }
    }
    for plan in &planned {
        let namespace = state.namespace(plan.placement);
        let mut fields = Fields::new(namespace, plan, &planned);
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

/// The key of a table that can be a model, with its types; or why it can't.
fn key_of<'a>(
    namespace: &Namespace,
    name: &str,
    table: &'a Table,
) -> Result<(&'a str, (String, String)), String> {
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
    let [column] = &key.columns[..] else {
        return Err(format!(
            "its primary key has several columns: {}",
            key.columns.join(", ")
        ));
    };
    if !is_column(column) {
        return Err(format!(
            "its primary key `{column}` is not written in small letters, digits and `_`; rename it, and inspect again"
        ));
    }
    let sql_type = &table
        .column(column)
        .ok_or("its primary key is no column of its own")?
        .sql_type;
    let rust = key_rust(sql_type)
        .ok_or_else(|| format!("its primary key `{column}` has the type `{sql_type}`"))?;
    Ok((column.as_str(), (rust, sql_type.clone())))
}
