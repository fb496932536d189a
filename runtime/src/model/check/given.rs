//! The rules of new rows, whose fields are given by their names.

use super::Message;
use super::equal::equal;
use crate::model::{ColumnDef, ModelDef, Source};

/// The fields of a new row are all that it has to have.
///
/// # Errors
///
/// The message to panic with, when fields are not given that have neither a default nor are an `Option`. A name that is no field's is likely one
/// of them in another spelling, which the compiler tells of: then nothing is said of those that are missing.
pub const fn given(model: &ModelDef, given: &[&str]) -> Result<(), Message> {
    let mut i = 0;
    while i < given.len() {
        if column(model, given[i]).is_none() && !is_embedded(model, given[i]) {
            return Ok(());
        }
        i += 1;
    }
    let (mut names, mut fields, mut missing) = (Message::new(), Message::new(), 0);
    let mut told = "";
    i = 0;
    while i < model.given.len() {
        let column = &model.columns[model.given[i]];
        // An embedded struct is given as a whole.
        let field = match column.embedded_in {
            Some(field) => field,
            None => column.field,
        };
        if !column.nullable && !contains(given, field) && !equal(field, told) {
            if missing > 0 {
                names = names.push(", ");
                fields = fields.push(", ");
            }
            names = names.push("`").push(field).push("`");
            fields = fields.push(field).push(": ...");
            missing += 1;
            told = field;
        }
        i += 1;
    }
    let verdict = match missing {
        0 => return Ok(()),
        1 => "` is not given, and has no default\nhelp: write `",
        _ => "` are not given, and have no default\nhelp: write `",
    };
    Err(names
        .push(" of a new `")
        .push(model.name)
        .push(verdict)
        .push(fields.as_str())
        .push("` among its fields"))
}

/// A field of a new row is one that the application gives.
///
/// # Errors
///
/// The message to panic with, when the database computes the field.
pub const fn giveable(model: &ModelDef, field: &str) -> Result<(), Message> {
    match column(model, field) {
        Some(ColumnDef {
            source: Source::Generated(_),
            ..
        }) => Err(Message::new()
            .push("field `")
            .push(field)
            .push("` of a new `")
            .push(model.name)
            .push("` is given a value, and the database computes it\nhelp: leave it out")),
        _ => Ok(()),
    }
}

const fn column(model: &ModelDef, field: &str) -> Option<&'static ColumnDef> {
    let mut i = 0;
    while i < model.columns.len() {
        if equal(model.columns[i].field, field) {
            return Some(&model.columns[i]);
        }
        i += 1;
    }
    None
}

const fn is_embedded(model: &ModelDef, field: &str) -> bool {
    let mut i = 0;
    while i < model.columns.len() {
        if let Some(embedded) = model.columns[i].embedded_in
            && equal(embedded, field)
        {
            return true;
        }
        i += 1;
    }
    false
}

const fn contains(all: &[&str], wanted: &str) -> bool {
    let mut i = 0;
    while i < all.len() {
        if equal(all[i], wanted) {
            return true;
        }
        i += 1;
    }
    false
}
