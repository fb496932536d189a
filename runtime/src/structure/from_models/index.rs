//! The indexes of a model's table, and the constraints that PostgreSQL makes of some.

use super::super::names::Names;
use super::super::{Index, IndexKey, IndexPart, Table, Unique};
use crate::model::{IndexDef, ModelDef};

/// Adds what a model says over several columns, a part of the rows, or expressions.
pub(super) fn add_index(table: &mut Table, model: &ModelDef, def: &IndexDef, names: &mut Names) {
    let table_name = model.table;
    // Of a deleted row another can have the values, unless the model says of which rows they are unique.
    let live = model.live().filter(|_| def.unique || def.excludes());
    let filter = def.filter.map(str::to_owned).or(live);
    let columns: Option<Vec<&str>> = def.parts.iter().map(column_of).collect();
    let usual = if def.excludes() { "gist" } else { "btree" };
    let method = def.method.unwrap_or(usual);
    let method = Some(method).filter(|&method| method != "btree");
    let is_constraint = def.unique && filter.is_none() && method.is_none();
    let content = format!("{:?} {:?} {method:?}", def.parts, def.filter);
    let content = match def.operators {
        [] => content,
        operators => format!("{content} {operators:?}"),
    };
    let parts: Vec<&str> = def
        .parts
        .iter()
        .map(|part| column_of(part).unwrap_or("expr"))
        .collect();
    let mut name_it = |suffix| match def.name {
        Some(name) => names.take(name),
        None => names.derive(table_name, &parts, suffix, &content),
    };
    if let (true, Some(columns)) = (is_constraint, columns) {
        table.uniques.insert(name_it("key"), Unique::new(columns));
        return;
    }
    let index = Index {
        unique: def.unique,
        method: method.map(str::to_owned),
        filter,
        operators: def.operators.iter().copied().map(Into::into).collect(),
        ..Index::new(def.parts.iter().map(part))
    };
    let suffix = if def.excludes() { "excl" } else { "idx" };
    table.indexes.insert(name_it(suffix), index);
}

/// An index that forbids the same values in rows that meet a condition.
pub(super) fn unique_where(index: Index, condition: String) -> Index {
    Index {
        unique: true,
        filter: Some(condition),
        ..index
    }
}

fn column_of(part: &crate::model::IndexPart) -> Option<&'static str> {
    match *part {
        crate::model::IndexPart::Column(name) => Some(name),
        crate::model::IndexPart::Expression(_) => None,
    }
}

fn part(part: &crate::model::IndexPart) -> IndexPart {
    match *part {
        crate::model::IndexPart::Column(name) => IndexPart::column(name),
        crate::model::IndexPart::Expression(sql) => IndexPart::expression(sql),
    }
}

/// Whether an index over all rows starts with the column, so that the rows with one of its values are found through it.
pub(super) fn is_first_of_an_index(table: &Table, column: &str) -> bool {
    begins_an_index(table, &[column])
}

/// Whether an index of all rows begins with these columns, in any order.
pub(super) fn begins_an_index(table: &Table, columns: &[&str]) -> bool {
    let begins = |found: &[&str]| {
        let first = found.get(..columns.len());
        first.is_some_and(|first| columns.iter().all(|column| first.contains(column)))
    };
    let of_columns = |of: &[String]| begins(&of.iter().map(String::as_str).collect::<Vec<_>>());
    let of_index = |index: &Index| {
        let mut found = Vec::new();
        for part in &index.parts {
            let IndexKey::Column(name) = &part.key else {
                break;
            };
            found.push(name.as_str());
        }
        index.method.is_none() && index.filter.is_none() && !index.excludes() && begins(&found)
    };
    let key = table.primary_key.as_ref();
    key.is_some_and(|key| of_columns(&key.columns))
        || table.uniques.values().any(|it| of_columns(&it.columns))
        || table.indexes.values().any(of_index)
}
