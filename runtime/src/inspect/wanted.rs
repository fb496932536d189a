//! The structure that each schema is to have: all that is there, with what the models ask for under the names that they give.

use std::collections::BTreeMap;

use super::draft::{Draft, Drafts};
use crate::model::PlacementKind;
use crate::structure::{
    Column, ForeignKey, Index, Namespace, ObjectKind, ObjectName, State, Table, Unique, sequence_of,
};

/// Returns what is to be there of what is there, and of what the models alone make, both as PostgreSQL writes them.
pub(super) fn wanted(live: &State, made: &State, drafts: &Drafts) -> State {
    let of = |placement: PlacementKind| {
        namespace(
            live.namespace(placement),
            made.namespace(placement),
            |table| drafts.model(placement, table),
        )
    };
    State::new(of(PlacementKind::Shared), of(PlacementKind::Tenant))
}

fn namespace<'a>(
    live: &Namespace,
    made: &Namespace,
    model: impl Fn(&str) -> Option<&'a Draft>,
) -> Namespace {
    let mut wanted = live.clone();
    for (name, table) in &mut wanted.tables {
        let (Some(made), Some(draft)) = (made.tables.get(name), model(name)) else {
            continue;
        };
        for column in converted(&table.columns, draft) {
            if let Some(sequence) = sequence_of(live, name, column) {
                let sequence = ObjectName::new(ObjectKind::Sequence, sequence);
                wanted.objects.remove(&sequence);
            }
        }
        merge(table, made, draft);
    }
    wanted
}

/// The columns that are others afterwards.
fn converted<'a>(columns: &'a [Column], draft: &Draft) -> impl Iterator<Item = &'a Column> {
    let fields = draft.fields.iter().filter(|it| it.is_converted);
    let names: Vec<&str> = fields.map(|it| it.column.as_str()).collect();
    columns
        .iter()
        .filter(move |it| names.contains(&it.name.as_str()))
}

/// Gives a table what its model asks for.
fn merge(table: &mut Table, made: &Table, draft: &Draft) {
    for column in &mut table.columns {
        let field = draft.fields.iter().find(|it| it.column == column.name);
        let Some(made) = made.column(&column.name) else {
            continue;
        };
        if field.is_some_and(|it| it.is_converted) {
            let comment = column.comment.take();
            *column = Column {
                comment,
                ..made.clone()
            };
        }
    }
    if let (Some(key), Some(made)) = (&mut table.primary_key, &made.primary_key) {
        key.name.clone_from(&made.name);
    }
    table.uniques = merged(&table.uniques, &made.uniques, |one: &Unique, other| {
        one.columns == other.columns
    });
    table.checks = merged(&table.checks, &made.checks, |one, other| {
        one.condition == other.condition
    });
    table.foreign_keys = merged(
        &table.foreign_keys,
        &made.foreign_keys,
        |one: &ForeignKey, other| one.columns == other.columns && one.target == other.target,
    );
    table.indexes = merged(&table.indexes, &made.indexes, |one: &Index, other| {
        one == other
    });
}

/// Those that are there under the names that the models give, and those that only the models ask for.
fn merged<V: Clone>(
    live: &BTreeMap<String, V>,
    made: &BTreeMap<String, V>,
    is_same: impl Fn(&V, &V) -> bool,
) -> BTreeMap<String, V> {
    let mut merged = BTreeMap::new();
    let mut left: Vec<(&String, &V)> = Vec::new();
    for (name, value) in live {
        if made.contains_key(name) {
            merged.insert(name.clone(), value.clone());
        } else {
            left.push((name, value));
        }
    }
    for (name, value) in left {
        let same = made
            .iter()
            .find(|(new, other)| !merged.contains_key(*new) && is_same(value, other));
        let name = same.map_or(name, |(new, _)| new);
        merged.insert(name.clone(), value.clone());
    }
    for (name, value) in made {
        merged.entry(name.clone()).or_insert_with(|| value.clone());
    }
    merged
}
