//! Pairs of names that may be the same, the likeliest first.

use std::collections::BTreeSet;

use super::{Rename, Renamed, labels};
use crate::model::PlacementKind;
use crate::structure::conversion::base_type;
use crate::structure::{Namespace, State, Table};

/// How much of the columns of two tables has to be the same for one to be taken for the other.
const ALIKE_TABLES: f64 = 0.5;

/// How alike the names of two columns have to be if their types differ.
const ALIKE_NAMES: f64 = 0.85;

/// Finds names that are gone and new ones that may mean the same. Where tables may have been renamed there is nothing
/// else, since their columns are not compared before that is known; and labels come after all columns.
///
/// Those that `is_decided` are left out.
pub(crate) fn candidates(
    before: &State,
    after: &State,
    is_decided: &dyn Fn(&Rename) -> bool,
) -> Vec<Rename> {
    let of = |find: fn(&Namespace, &Namespace) -> Vec<Scored>| {
        let mut all: Vec<(f64, Rename)> = Vec::new();
        for placement in [PlacementKind::Shared, PlacementKind::Tenant] {
            let found = find(before.namespace(placement), after.namespace(placement));
            all.extend(found.into_iter().map(|it| (it.score, it.rename(placement))));
        }
        all.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        let renames = all.into_iter().map(|(_, rename)| rename);
        let renames: Vec<Rename> = renames.filter(|rename| !is_decided(rename)).collect();
        (!renames.is_empty()).then_some(renames)
    };
    let found = of(tables)
        .or_else(|| of(columns))
        .or_else(|| of(all_labels));
    found.unwrap_or_default()
}

struct Scored {
    score: f64,
    of: Renamed,
    from: String,
    to: String,
}

impl Scored {
    fn rename(self, placement: PlacementKind) -> Rename {
        Rename {
            placement,
            of: self.of,
            from: self.from,
            to: self.to,
        }
    }
}

fn tables(before: &Namespace, after: &Namespace) -> Vec<Scored> {
    let gone = before.tables.iter();
    let gone = gone.filter(|(name, _)| !after.tables.contains_key(*name));
    let mut found = Vec::new();
    for (from, old) in gone {
        let new = after.tables.iter();
        for (to, new) in new.filter(|(name, _)| !before.tables.contains_key(*name)) {
            let score = alike(old, new);
            if score >= ALIKE_TABLES {
                found.push(Scored {
                    score: score + strsim::jaro_winkler(from, to),
                    of: Renamed::Table,
                    from: from.clone(),
                    to: to.clone(),
                });
            }
        }
    }
    found
}

/// How much of the columns of two tables is the same, from 0 to 1.
fn alike(one: &Table, other: &Table) -> f64 {
    let columns = |table: &Table| -> BTreeSet<(String, String)> {
        let columns = table.columns.iter();
        columns
            .map(|column| (column.name.clone(), base_type(&column.sql_type)))
            .collect()
    };
    let (one, other) = (columns(one), columns(other));
    let count = |number: usize| u32::try_from(number).map_or(f64::MAX, f64::from);
    count(one.intersection(&other).count()) / count(one.union(&other).count().max(1))
}

fn columns(before: &Namespace, after: &Namespace) -> Vec<Scored> {
    let mut found = Vec::new();
    for (name, new) in &after.tables {
        if let Some(old) = before.tables.get(name) {
            columns_of(name, old, new, &mut found);
        }
    }
    found
}

fn columns_of(name: &str, old: &Table, new: &Table, found: &mut Vec<Scored>) {
    let gone = old.columns.iter().enumerate();
    for (from_at, from) in gone.filter(|(_, column)| new.column(&column.name).is_none()) {
        let added = new.columns.iter().enumerate();
        for (to_at, to) in added.filter(|(_, column)| old.column(&column.name).is_none()) {
            if from.generated.is_some() != to.generated.is_some() {
                continue;
            }
            let likeness = strsim::jaro_winkler(&from.name, &to.name);
            let is_same_type = base_type(&from.sql_type) == base_type(&to.sql_type)
                && references(old, &from.name) == references(new, &to.name);
            if !is_same_type && likeness < ALIKE_NAMES {
                continue;
            }
            let worth = |is_so: bool, worth: f64| if is_so { worth } else { 0.0 };
            found.push(Scored {
                score: likeness
                    + worth(is_same_type, 1.0)
                    + worth(from.sql_type == to.sql_type, 0.2)
                    + worth(from.nullable == to.nullable, 0.2)
                    + worth(from.default == to.default, 0.1)
                    + worth(from_at == to_at, 0.4),
                of: Renamed::Column {
                    table: name.to_owned(),
                },
                from: from.name.clone(),
                to: to.name.clone(),
            });
        }
    }
}

/// The tables that a column references.
fn references<'a>(table: &'a Table, column: &str) -> Vec<(PlacementKind, &'a str)> {
    let keys = table.foreign_keys.values();
    keys.filter(|key| key.columns == [column])
        .map(|key| (key.target.placement, key.target.table.as_str()))
        .collect()
}

fn all_labels(before: &Namespace, after: &Namespace) -> Vec<Scored> {
    let mut found = Vec::new();
    for (name, new) in &after.tables {
        let Some(old) = before.tables.get(name) else {
            continue;
        };
        for column in &new.columns {
            let labels = (
                labels(before, old, &column.name),
                labels(after, new, &column.name),
            );
            labels_of(name, &column.name, labels, &mut found);
        }
    }
    found
}

fn labels_of(
    table: &str,
    column: &str,
    (before, after): (Vec<String>, Vec<String>),
    found: &mut Vec<Scored>,
) {
    for (from_at, from) in before.iter().enumerate() {
        for (to_at, to) in after.iter().enumerate() {
            if after.contains(from) || before.contains(to) {
                continue;
            }
            let place = if from_at == to_at { 0.4 } else { 0.0 };
            found.push(Scored {
                score: strsim::jaro_winkler(from, to) + place,
                of: Renamed::Label {
                    table: table.to_owned(),
                    column: column.to_owned(),
                },
                from: from.clone(),
                to: to.clone(),
            });
        }
    }
}
