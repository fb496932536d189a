//! The update of one row's changed columns.

use super::error::computed;
use super::given_back::push_given_back;
use super::reference::{checked, unchecked};
use crate::error::Result;
use crate::model::{ColumnDef, ModelDef, Source};
use crate::name::push_identifier;
use crate::place::Context;
use crate::value::Param;

/// Returns the indexes of the columns that a save writes: whose value is not that which is stored.
///
/// Whether a save before was undone may not be known, as of a commit without an answer: so what differs from any of the values
/// that may be stored is written. What an undone save had the database fill in is filled in anew.
///
/// # Errors
///
/// When a column has another value that the database computes.
pub(super) fn changed(
    model: &ModelDef,
    before: &[&[Param]],
    now: &[Param],
    is_undone: bool,
) -> Result<Vec<usize>> {
    let mut changed = Vec::new();
    for (index, def) in model.columns.iter().enumerate() {
        if before.iter().all(|before| before[index] == now[index]) {
            continue;
        }
        match def.source {
            Source::Version => {}
            Source::NowOnWrite | Source::Generated(_) if is_undone => {}
            Source::Generated(_) => return Err(computed(def)),
            _ => changed.push(index),
        }
    }
    Ok(changed)
}

/// Whether the row that is updated is deleted, which has to be so; nothing is asked of models whose deleted rows do not stay.
#[derive(Clone, Copy)]
pub(super) enum StoredDeletion {
    /// It may be or not.
    Unknown,
    /// It is not.
    Live,
    /// It is, whenever that was.
    Deleted,
    /// It is, since one of the times that the next parameter has.
    At,
    /// It is since one of them, or is not.
    LiveOrAt,
}

/// Returns the update of the columns with these indexes, which gives the whole row.
///
/// Its parameters are their values, those of the key, an array of times if it was deleted at one of these, and an array of possible versions if
/// the model has one.
pub(super) fn update(
    model: &ModelDef,
    context: &Context,
    changed: &[usize],
    stored: StoredDeletion,
) -> String {
    let mut sql = String::with_capacity(128 + 16 * model.columns.len());
    let mut places = Places(0);
    push_update(&mut sql, model, context);
    let mut before = "";
    for &index in changed {
        let def = &model.columns[index];
        sql.push_str(before);
        push_identifier(&mut sql, def.name);
        sql.push_str(" = ");
        if unchecked(def).is_some() {
            let mut value = String::new();
            places.next(&mut value);
            sql.push_str(&checked(model, def, context, &value));
        } else {
            places.next(&mut sql);
        }
        before = ", ";
    }
    push_automatic(&mut sql, model, |index| changed.contains(&index));
    push_key(&mut sql, model, &mut places);
    if let Some(def) = model.soft_delete() {
        push_deletion(&mut sql, def, stored, &mut places);
    }
    for def in model.columns {
        if def.source == Source::Version {
            sql.push_str(" AND ");
            push_identifier(&mut sql, def.name);
            sql.push_str(" = ANY(");
            places.next(&mut sql);
            sql.push(')');
        }
    }
    let mut before = " RETURNING ";
    for def in model.columns {
        sql.push_str(before);
        push_given_back(&mut sql, "", def, context.version());
        before = ", ";
    }
    sql
}

/// Adds the condition that the row is deleted, or not.
fn push_deletion(sql: &mut String, def: &ColumnDef, stored: StoredDeletion, places: &mut Places) {
    let (before, after) = match stored {
        StoredDeletion::Unknown => return,
        StoredDeletion::Live => (" AND ", " IS NULL"),
        StoredDeletion::Deleted => (" AND ", " IS NOT NULL"),
        StoredDeletion::At => (" AND ", " = ANY("),
        StoredDeletion::LiveOrAt => (" AND coalesce(", " = ANY("),
    };
    sql.push_str(before);
    push_identifier(sql, def.name);
    sql.push_str(after);
    match stored {
        StoredDeletion::At => {
            places.next(sql);
            sql.push(')');
        }
        StoredDeletion::LiveOrAt => {
            places.next(sql);
            sql.push_str("), true)");
        }
        _ => {}
    }
}

/// Returns the update that says of the row with a key, whose values are its parameters, when it was deleted, which it must not be yet.
pub(super) fn mark(model: &ModelDef, context: &Context, deleted: &ColumnDef) -> String {
    let mut sql = String::with_capacity(128);
    push_update(&mut sql, model, context);
    push_identifier(&mut sql, deleted.name);
    sql.push_str(" = ");
    sql.push_str(deleted.sql.now());
    push_automatic(&mut sql, model, |_| false);
    push_key(&mut sql, model, &mut Places(0));
    sql.push_str(" AND ");
    push_identifier(&mut sql, deleted.name);
    sql.push_str(" IS NULL");
    sql
}

/// Begins an update.
fn push_update(sql: &mut String, model: &ModelDef, context: &Context) {
    sql.push_str("UPDATE ");
    push_identifier(sql, model.table_in(context).schema.as_str());
    sql.push('.');
    push_identifier(sql, model.table);
    sql.push_str(" SET ");
}

/// Sets what every update sets, unless it is set already.
pub(super) fn push_automatic(sql: &mut String, model: &ModelDef, is_set: impl Fn(usize) -> bool) {
    for (index, def) in model.columns.iter().enumerate() {
        let is_counted = match def.source {
            _ if is_set(index) => continue,
            Source::NowOnWrite => false,
            Source::Version => true,
            _ => continue,
        };
        sql.push_str(", ");
        push_identifier(sql, def.name);
        sql.push_str(" = ");
        if is_counted {
            push_identifier(sql, def.name);
            sql.push_str(" + 1");
        } else {
            sql.push_str(def.sql.now());
        }
    }
}

fn push_key(sql: &mut String, model: &ModelDef, places: &mut Places) {
    let mut before = " WHERE ";
    for key in model.key_columns() {
        sql.push_str(before);
        push_identifier(sql, key.name);
        sql.push_str(" = ");
        places.next(sql);
        before = " AND ";
    }
}

/// The numbers of parameters.
struct Places(usize);

impl Places {
    /// Writes the next one.
    fn next(&mut self, sql: &mut String) {
        self.0 += 1;
        sql.push('$');
        if self.0 >= 10 {
            sql.push_str(&self.0.to_string());
        } else {
            sql.extend(char::from_digit(
                u32::try_from(self.0).unwrap_or_default(),
                10,
            ));
        }
    }
}
