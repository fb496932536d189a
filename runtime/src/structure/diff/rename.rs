//! Constraints and indexes that stay what they are under another name.

use std::collections::{BTreeMap, BTreeSet};

use super::Steps;
use super::retyped::{names_changed, names_remade};
use crate::structure::{Change, Check, Index, PrimaryKey, Table, Unique};

/// Renames the parts of a table that differ in nothing but their names. Gives the table with their new names.
///
/// `taken` are the names that tables and indexes of the schema have before.
pub(super) fn parts(
    steps: &mut Steps,
    taken: &BTreeSet<&str>,
    name: &str,
    (from, to): (&Table, &Table),
) -> Table {
    let mut renamed = from.clone();
    let is_free = |new: &str| !taken.contains(new);
    if let (Some(before), Some(after)) = (&mut renamed.primary_key, &to.primary_key)
        && is_only_renamed(before, after)
        && is_free(&after.name)
    {
        steps.add(name, constraint(before.name.clone(), after.name.clone()));
        before.name.clone_from(&after.name);
    }
    // What is made anew for another reason needs no new name before.
    let is_kept_check = |it: &Check| !names_changed((from, to), &[], [it.condition.as_str()]);
    let is_kept_index = |it: &Index| !names_changed((from, to), &it.columns(), it.expressions());
    let is_kept_unique = |it: &Unique| !names_remade((from, to), &it.columns);
    let uniques = rename_all(&mut renamed.uniques, &to.uniques, is_kept_unique, is_free);
    let checks = rename_all(&mut renamed.checks, &to.checks, is_kept_check, |_| true);
    let keys = rename_all(
        &mut renamed.foreign_keys,
        &to.foreign_keys,
        |_| true,
        |_| true,
    );
    let indexes = rename_all(&mut renamed.indexes, &to.indexes, is_kept_index, is_free);
    for (from, to) in uniques.into_iter().chain(checks).chain(keys) {
        steps.add(name, constraint(from, to));
    }
    for (from, to) in indexes {
        steps.add(name, Change::RenameIndex { from, to });
    }
    renamed
}

fn constraint(from: String, to: String) -> Change {
    Change::RenameConstraint { from, to }
}

fn is_only_renamed(before: &PrimaryKey, after: &PrimaryKey) -> bool {
    let with_name = PrimaryKey {
        name: after.name.clone(),
        ..before.clone()
    };
    before.name != after.name && with_name == *after
}

/// Gives parts that are gone the names of new ones that are equal to them. Returns the names before and after.
fn rename_all<V: Clone + PartialEq>(
    from: &mut BTreeMap<String, V>,
    to: &BTreeMap<String, V>,
    is_kept: impl Fn(&V) -> bool,
    is_free: impl Fn(&str) -> bool,
) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = Vec::new();
    for (old, value) in from.iter().filter(|(old, _)| !to.contains_key(*old)) {
        let new = to.iter().find(|&(new, other)| {
            other == value
                && !from.contains_key(new)
                && is_free(new)
                && pairs.iter().all(|(_, used)| used != new)
        });
        if let Some((new, _)) = new.filter(|_| is_kept(value)) {
            pairs.push((old.clone(), new.clone()));
        }
    }
    for (old, new) in &pairs {
        if let Some(value) = from.remove(old) {
            from.insert(new.clone(), value);
        }
    }
    pairs
}
