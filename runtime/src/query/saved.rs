//! The update of one row's changed columns.

use super::error::computed;
use super::reference::{checked, unchecked};
use crate::error::Result;
use crate::model::{ModelDef, Source};
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

/// Returns the update of the columns with these indexes, which gives the whole row.
///
/// Its parameters are their values, those of the key, and an array of possible versions if the model has one.
pub(super) fn update(model: &ModelDef, context: &Context, changed: &[usize]) -> String {
    let mut sql = String::with_capacity(128 + 16 * model.columns.len());
    let mut places = Places(0);
    sql.push_str("UPDATE ");
    push_identifier(&mut sql, model.table_in(context).schema.as_str());
    sql.push('.');
    push_identifier(&mut sql, model.table);
    let mut before = " SET ";
    for &index in changed {
        sql.push_str(before);
        push_identifier(&mut sql, model.columns[index].name);
        sql.push_str(" = ");
        let def = &model.columns[index];
        if unchecked(def).is_some() {
            let mut value = String::new();
            places.next(&mut value);
            sql.push_str(&checked(model, def, context, &value));
        } else {
            places.next(&mut sql);
        }
        before = ", ";
    }
    for (index, def) in model.columns.iter().enumerate() {
        let is_counted = match def.source {
            _ if changed.contains(&index) => continue,
            Source::NowOnWrite => false,
            Source::Version => true,
            _ => continue,
        };
        sql.push_str(", ");
        push_identifier(&mut sql, def.name);
        sql.push_str(" = ");
        if is_counted {
            push_identifier(&mut sql, def.name);
            sql.push_str(" + 1");
        } else {
            sql.push_str(def.sql.now());
        }
    }
    sql.push_str(" WHERE ");
    let mut before = "";
    for key in model.key_columns() {
        sql.push_str(before);
        push_identifier(&mut sql, key.name);
        sql.push_str(" = ");
        places.next(&mut sql);
        before = " AND ";
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
        push_identifier(&mut sql, def.name);
        before = ", ";
    }
    sql
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
