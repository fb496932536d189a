//! The text of an update of one row's changed columns.

use std::fmt::Write;

use crate::model::{ModelDef, Source};
use crate::name::quote_identifier;
use crate::place::Context;

/// Returns the update of the columns with these indexes, which gives the whole row.
///
/// Its parameters are their values, the key, and an array of possible versions if the model has one.
pub(super) fn update(model: &ModelDef, context: &Context, changed: &[usize]) -> String {
    let quoted = |index: usize| quote_identifier(model.columns[index].name);
    let table = quote_identifier(model.table);
    let mut sql = format!(
        "UPDATE {}.{table} SET ",
        model.table_in(context).schema.quoted()
    );
    let mut add = |parts: std::fmt::Arguments<'_>| {
        sql.write_fmt(parts)
            .expect("a text takes all that is written");
    };
    for (place, &index) in changed.iter().enumerate() {
        let comma = if place == 0 { "" } else { ", " };
        add(format_args!("{comma}{} = ${}", quoted(index), place + 1));
    }
    for (index, def) in model.columns.iter().enumerate() {
        match def.source {
            _ if changed.contains(&index) => {}
            Source::NowOnWrite => add(format_args!(", {} = now()", quoted(index))),
            Source::Version => add(format_args!(", {0} = {0} + 1", quoted(index))),
            _ => {}
        }
    }
    let key = changed.len() + 1;
    add(format_args!(" WHERE {} = ${key}", quoted(model.key)));
    for (index, def) in model.columns.iter().enumerate() {
        if def.source == Source::Version {
            add(format_args!(" AND {} = ANY(${})", quoted(index), key + 1));
        }
    }
    for index in 0..model.columns.len() {
        let before = if index == 0 { " RETURNING " } else { ", " };
        add(format_args!("{before}{}", quoted(index)));
    }
    sql
}
