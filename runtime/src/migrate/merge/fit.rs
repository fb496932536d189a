//! Whether migrations go together in an order.

use std::collections::BTreeSet;

use super::gone::Gone;
use super::views::{taken_from_view, unreadable};
use crate::migrate::chain::Migration;
use crate::model::PlacementKind;
use crate::structure::{IndexKey, Namespace, State, Table, apply, reverse};

/// Returns the state that the migrations lead to in this order, or why one of them does not find what it was made for.
///
/// Those from the number on that branches have in common are looked at closely.
pub(super) fn lead_to(chain: &[(String, Migration)], from: i32) -> Result<State, String> {
    let mut state = State::default();
    let mut base = State::default();
    let mut gone = Gone::default();
    for (id, migration) in chain {
        let operations = migration.operations();
        let after = apply(&state, operations).map_err(|error| format!("`{id}`: {error}"))?;
        if migration.position() < from {
            base = after.clone();
            state = after;
            continue;
        }
        // What an operation changes has to be as it was when it was written; then the way back leads there.
        let back =
            apply(&after, &reverse(operations)).map_err(|error| format!("`{id}`: {error}"))?;
        if back != state {
            let found = crate::structure::diff(&back, &state);
            let found: Vec<String> = found.iter().map(ToString::to_string).collect();
            return Err(format!(
                "`{id}` changes what another branch has changed: {}",
                found.join("; ")
            ));
        }
        gone.note(&state, &after);
        let misfit = taken_from_view(&base, &state, operations)
            .or_else(|| unreadable(&after, &gone, operations));
        if let Some(what) = misfit {
            return Err(format!("`{id}` {what}"));
        }
        state = after;
        dangling(&state, &gone).map_or(Ok(()), |what| Err(format!("with `{id}` {what}")))?;
    }
    Ok(state)
}

/// Says what names something that is not there, if anything does.
fn dangling(state: &State, gone: &Gone) -> Option<String> {
    for placement in [PlacementKind::Shared, PlacementKind::Tenant] {
        let namespace = state.namespace(placement);
        for (name, table) in &namespace.tables {
            let missing = missing_column(table);
            if let Some((part, column)) = missing {
                return Some(format!(
                    "`{part}` of table `{name}` needs the column `{column}`, which is not there"
                ));
            }
            let mut lost = gone.columns(state);
            let text = lost.find_map(|(of, lost_from, column)| {
                if (of, lost_from) != (placement, name.as_str()) {
                    return None;
                }
                let mut texts = texts(table);
                let (part, _) = texts.find(|(_, text)| tenantry_sql::mentions(text, column))?;
                Some(format!("`{part}` of table `{name}` names the column `{column}`, which is not there any more"))
            });
            if text.is_some() {
                return text;
            }
            if let Some(key) = missing_target(state, table) {
                return Some(format!(
                    "the foreign key `{key}` of table `{name}` leads to something that is not there"
                ));
            }
        }
        if let Some(twice) = twice(namespace) {
            return Some(format!(
                "there are two tables, views, types or indexes named `{twice}`"
            ));
        }
    }
    None
}

/// A part of a table that needs a column which the table does not have.
fn missing_column(table: &Table) -> Option<(&str, &str)> {
    let key = table.primary_key.iter();
    let keys = key.map(|key| (key.name.as_str(), &key.columns));
    let uniques = table
        .uniques
        .iter()
        .map(|(name, it)| (name.as_str(), &it.columns));
    let foreign = table
        .foreign_keys
        .iter()
        .map(|(name, it)| (name.as_str(), &it.columns));
    let lists = keys.chain(uniques).chain(foreign);
    let listed =
        lists.flat_map(|(name, columns)| columns.iter().map(move |column| (name, column.as_str())));
    let indexed = table.indexes.iter().flat_map(|(name, index)| {
        let parts = index.parts.iter().filter_map(|part| match &part.key {
            IndexKey::Column(column) => Some(column),
            IndexKey::Expression(_) => None,
        });
        parts
            .chain(&index.include)
            .map(move |column| (name.as_str(), column.as_str()))
    });
    listed
        .chain(indexed)
        .find(|(_, column)| table.column(column).is_none())
}

/// The SQL in the parts of a table.
fn texts(table: &Table) -> impl Iterator<Item = (&str, &str)> {
    let checks = table
        .checks
        .iter()
        .map(|(name, check)| (name.as_str(), check.condition.as_str()));
    let indexes = table
        .indexes
        .iter()
        .flat_map(|(name, index)| index.expressions().map(move |text| (name.as_str(), text)));
    let computed = table.columns.iter().filter_map(|column| {
        let expression = column.generated.as_deref()?;
        Some((column.name.as_str(), expression))
    });
    checks.chain(indexes).chain(computed)
}

fn missing_target<'t>(state: &State, table: &'t Table) -> Option<&'t str> {
    let missing = table.foreign_keys.iter().find(|(_, key)| {
        let tables = &state.namespace(key.target.placement).tables;
        let target = tables.get(&key.target.table);
        target.is_none_or(|target| {
            key.target
                .columns
                .iter()
                .any(|column| target.column(column).is_none())
        })
    });
    missing.map(|(name, _)| name.as_str())
}

/// A name that two of a schema would have: a table or view is a relation, as an index is, and a type, as an enum is.
fn twice(namespace: &Namespace) -> Option<&str> {
    let views = || namespace.views.keys().map(String::as_str);
    let tables = || namespace.tables.iter();
    let relations = tables().flat_map(|(name, table)| table.relation_names(name));
    let types = namespace.types.keys().map(String::as_str);
    let types = types.chain(tables().map(|(name, _)| name.as_str()));
    second(relations.chain(views())).or_else(|| second(types.chain(views())))
}

/// The first name that there was before.
fn second<'n>(mut names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let mut seen = BTreeSet::new();
    names.find(|name| !seen.insert(*name))
}
