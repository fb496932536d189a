//! The renames that choices and models ask for.

use super::choices::Choices;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ModelDef, PlacementKind};
use crate::structure::{Namespace, Rename, Renamed, State, after_renames, candidates, labels};

/// Returns the renames that were chosen, by choices or in the models.
///
/// # Errors
///
/// [`ErrorKind::Models`], when something was to be renamed that is not there, or is there under both names.
pub(super) fn chosen(
    models: &[&ModelDef],
    (before, after): (&State, &State),
    choices: &Choices,
) -> Result<Vec<Rename>> {
    let mut renames = of_models(models, after);
    let mut written: Vec<&str> = choices.renames.iter().map(String::as_str).collect();
    for kind in [tables, columns, all_labels] {
        // One at a time: a name may be free only because what had it has another now.
        loop {
            let state = after_renames(before, after, &renames)?;
            let possible = possible(kind, &state, after, &renames);
            let fitting = |written: &&str| {
                let is_taken = |rename: &Rename| renames.iter().any(|other| rename.ends_as(other));
                let mut possible = possible.iter();
                possible.any(|(name, rename)| name == written && !is_taken(rename))
            };
            let Some(at) = written.iter().position(fitting) else {
                break;
            };
            let chosen = written.remove(at);
            let named = possible.iter().filter(|(name, _)| name == chosen);
            renames.extend(named.map(|(_, rename)| rename.clone()));
        }
    }
    written.first().map_or(Ok(renames), |written| {
        Err(Error::new(
            ErrorKind::Models,
            format!(
                "`{written}` renames nothing: the migrations have to lead to the former name and not to the new one, and \
                 the models have to have the new one, which nothing else becomes\n\
                 help: write a table as `invoices=bills`, a column as `invoices.total=amount`, a label of an enum as \
                 `invoices.state:open=unpaid`"
            ),
        ))
    })
}

/// Those that attributes of the models tell. They stay there when they are done, so not all are due; one whose former name
/// something else has by now is left from then.
fn of_models(models: &[&ModelDef], after: &State) -> Vec<Rename> {
    let mut renames: Vec<Rename> = Vec::new();
    for model in models {
        let mut add = |of: Renamed, from: Option<&str>, to: &str| {
            renames.extend(from.map(|from| Rename {
                placement: model.placement,
                of,
                from: from.to_owned(),
                to: to.to_owned(),
            }));
        };
        add(Renamed::Table, model.was, model.table);
        for column in model.columns {
            let table = model.table.to_owned();
            add(Renamed::Column { table }, column.was, column.name);
        }
    }
    renames.retain(|rename| !rename.is_left(after));
    renames
}

type Kind = fn(&Namespace, &Namespace) -> Vec<(Renamed, String, String)>;

/// All renames of a kind that there could be, as they may be written.
fn possible(kind: Kind, before: &State, after: &State, done: &[Rename]) -> Vec<(String, Rename)> {
    let mut all = Vec::new();
    for placement in [PlacementKind::Shared, PlacementKind::Tenant] {
        for (of, from, to) in kind(before.namespace(placement), after.namespace(placement)) {
            let rename = Rename {
                placement,
                of,
                from,
                to,
            };
            all.extend(under_former_table(&rename, done).map(|name| (name, rename.clone())));
            all.push((rename.to_string(), rename));
        }
    }
    all
}

/// How a column or label is written by somebody who thinks of its table by the former name.
fn under_former_table(rename: &Rename, done: &[Rename]) -> Option<String> {
    let table = match &rename.of {
        Renamed::Table => return None,
        Renamed::Column { table } | Renamed::Label { table, .. } => table,
    };
    let is_of_table = |other: &&Rename| {
        other.of == Renamed::Table && other.placement == rename.placement && other.to == *table
    };
    let former = &done.iter().find(is_of_table)?.from;
    let written = rename.to_string();
    Some(format!("{former}{}", &written[table.len()..]))
}

fn tables(before: &Namespace, after: &Namespace) -> Vec<(Renamed, String, String)> {
    let mut all = Vec::new();
    for from in before.tables.keys() {
        let new = after.tables.keys();
        for to in new.filter(|to| !before.tables.contains_key(*to)) {
            all.push((Renamed::Table, from.clone(), to.clone()));
        }
    }
    all
}

fn columns(before: &Namespace, after: &Namespace) -> Vec<(Renamed, String, String)> {
    let mut all = Vec::new();
    for (name, new) in &after.tables {
        let Some(old) = before.tables.get(name) else {
            continue;
        };
        for from in &old.columns {
            let added = new.columns.iter();
            for to in added.filter(|column| old.column(&column.name).is_none()) {
                let table = name.clone();
                let of = Renamed::Column { table };
                all.push((of, from.name.clone(), to.name.clone()));
            }
        }
    }
    all
}

fn all_labels(before: &Namespace, after: &Namespace) -> Vec<(Renamed, String, String)> {
    let mut all = Vec::new();
    for (name, new) in &after.tables {
        let Some(old) = before.tables.get(name) else {
            continue;
        };
        for column in &new.columns {
            let of = Renamed::Label {
                table: name.clone(),
                column: column.name.clone(),
            };
            let after = labels(after, new, &column.name);
            let before = labels(before, old, &column.name);
            for from in before.clone() {
                if !after.contains(&from) {
                    // Of two labels that became one nobody could tell which it was.
                    let pairs = after.iter().filter(|to| !before.contains(to));
                    all.extend(pairs.map(|to| (of.clone(), from.clone(), to.clone())));
                }
            }
        }
    }
    all
}

/// Returns what may have been renamed and was not decided yet, the likeliest first.
pub(super) fn undecided(
    (before, after): (&State, &State),
    chosen: &[Rename],
    choices: &Choices,
) -> Result<Vec<Rename>> {
    let state = after_renames(before, after, chosen)?;
    let is_said =
        |name: &String| choices.not_renamed.contains(name) || choices.losses.contains(name);
    let is_decided = |rename: &Rename| {
        let is_label = |other: &&Rename| {
            matches!(rename.of, Renamed::Label { .. })
                && other.of == rename.of
                && other.from == rename.from
        };
        chosen
            .iter()
            .any(|other| is_label(&other) || rename.ends_as(other))
            || is_said(&rename.former())
            || choices.not_renamed.contains(&rename.to_string())
    };
    Ok(candidates(&state, after, &is_decided))
}
