//! Changes of tables as data.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::structure::{Column, Table};

/// The tables of a schema, by name.
pub(super) type Tables = BTreeMap<String, Table>;

/// Why an operation does not fit.
pub(super) type Misfit = String;

pub(super) fn table_mut<'a>(tables: &'a mut Tables, name: &str) -> Result<&'a mut Table, Misfit> {
    tables.get_mut(name).ok_or_else(|| missing("table", name))
}

pub(super) fn column_mut<'a>(
    tables: &'a mut Tables,
    table: &str,
    name: &str,
) -> Result<&'a mut Column, Misfit> {
    table_mut(tables, table)?
        .column_mut(name)
        .ok_or_else(|| missing("column", name))
}

pub(super) fn add<V: Clone>(
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

pub(super) fn drop_from<V>(
    map: &mut BTreeMap<String, V>,
    what: &str,
    name: &str,
) -> Result<(), Misfit> {
    map.remove(name)
        .map(drop)
        .ok_or_else(|| missing(what, name))
}

pub(super) fn missing(what: &str, name: &str) -> Misfit {
    format!("there is no {what} `{name}`")
}

pub(super) fn present(what: &str, name: &str) -> Misfit {
    format!("there is a {what} `{name}` already")
}
