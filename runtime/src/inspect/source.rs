//! The file of the models, and what is told besides.

use super::draft::Drafts;
use super::kept::KeptSql;
use super::print;
use super::statements::Handmade;
use crate::model::PlacementKind;
use crate::structure::State;

/// Writes the file of the models.
pub(super) fn source(schemas: &[&str], drafts: &Drafts, kept: &KeptSql, live: &State) -> String {
    let schemas: Vec<String> = schemas.iter().map(|it| format!("`{it}`")).collect();
    let of = match schemas.len() {
        1 => "schema",
        _ => "schemas",
    };
    let mut text = format!(
        "//! Models of the tables of the {of} {}, as `manage inspect` has written them.\n",
        schemas.join(" and ")
    );
    if !drafts.models.is_empty() {
        text.push_str("\nuse tenantry::prelude::*;\n");
    }
    for one in &drafts.enums {
        text.push('\n');
        text.push_str(&print::labels(one));
    }
    for placement in [PlacementKind::Shared, PlacementKind::Tenant] {
        for name in live.namespace(placement).tables.keys() {
            let notes = notes_of(placement, name, drafts, kept);
            text.push('\n');
            if let Some(draft) = drafts.model(placement, name) {
                text.push_str(&print::model(draft, &notes));
                continue;
            }
            let title = format!("The {} table `{name}`:", placement.as_str());
            let notes: Vec<String> = [title].into_iter().chain(notes).collect();
            text.push_str(&print::notes(&notes));
        }
    }
    text
}

/// Notes above the model of a table, on all that it does not say.
fn notes_of(placement: PlacementKind, table: &str, drafts: &Drafts, kept: &KeptSql) -> Vec<String> {
    let is_of = |of: PlacementKind, name: Option<&str>| of == placement && name == Some(table);
    let left_out = drafts.left_out.get(&(placement, table.to_owned()));
    let mut notes: Vec<String> = left_out.into_iter().flatten().cloned().collect();
    // Of a table without a model all is kept.
    if drafts.model(placement, table).is_some() {
        let pieces = told(kept);
        let pieces = pieces.filter(|it| is_of(it.placement, it.table.as_deref()));
        notes.extend(pieces.map(|it| format!("kept by SQL: {}", it.words)));
    }
    let failed = kept.failed.iter();
    let failed = failed.filter(|(it, _)| is_of(it.placement, it.table.as_deref()));
    notes.extend(failed.map(|(it, why)| format!("not kept: {}: {why}", it.words)));
    let changes = kept.changes.iter();
    let changes = changes.filter(|op| op.placement() == placement && op.table == table);
    notes.extend(changes.map(|op| format!("changed before `adopt`: {op}")));
    notes
}

/// Notes that are told besides, in groups.
pub(super) fn notes(drafts: &Drafts, kept: &KeptSql) -> Vec<(&'static str, Vec<String>)> {
    let left_out = drafts
        .left_out
        .iter()
        .flat_map(|((placement, table), notes)| {
            let of_table = format!("{} table `{table}`", placement.as_str());
            notes.iter().map(move |note| format!("{of_table}: {note}"))
        });
    let pieces = told(kept);
    let groups = [
        ("not in the models", left_out.collect::<Vec<_>>()),
        (
            "kept by SQL of the migration, and unknown to the models",
            pieces.map(|it| it.words.clone()).collect(),
        ),
        (
            "not kept, since the server or tenantry refuses it in a migration",
            kept.failed
                .iter()
                .map(|(it, why)| format!("{}: {why}", it.words))
                .collect(),
        ),
        (
            "otherwise in what the migration makes",
            kept.different.clone(),
        ),
        (
            "to be changed in each schema before `adopt`, as `adopt --sql` prints it",
            kept.changes.iter().map(ToString::to_string).collect(),
        ),
    ];
    let groups = groups.into_iter().map(|(title, lines)| {
        let lines = lines
            .iter()
            .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        (title, lines.collect::<Vec<_>>())
    });
    groups.filter(|(_, lines)| !lines.is_empty()).collect()
}

/// The pieces that are there in the end: what is dropped is made anew in another form.
fn told(kept: &KeptSql) -> impl Iterator<Item = &Handmade> {
    let pieces = kept.before.iter().chain(&kept.after);
    pieces.filter(|piece| !piece.words.starts_with("drop "))
}
