//! Which columns are the key of a table that can be a model.

use super::names::{is_column, is_plain};
use super::types::fit;
use crate::structure::{Column, Namespace, ObjectKind, ObjectName, Table, sequence_of};
use crate::value::SqlType;

/// The most columns that the key of a model has.
const MOST: usize = 8;

/// The columns of the key of a table that can be a model, in its order; or why it can't.
pub(super) fn keys_of<'a>(
    namespace: &Namespace,
    name: &str,
    table: &'a Table,
) -> Result<Vec<&'a Column>, String> {
    let words = namespace
        .objects
        .get(&ObjectName::new(ObjectKind::Table, name))
        .map_or("", String::as_str);
    for (word, why) in [
        ("PARTITION OF (", "it is a partition"),
        ("PARTITION BY ", "it is partitioned"),
        ("INHERITS (", "it inherits from another table"),
    ] {
        if words.contains(word) {
            return Err(why.to_owned());
        }
    }
    if !is_plain(name) {
        return Err(
            "its name is not written in small letters, digits and `_`; rename it, and inspect again"
                .to_owned(),
        );
    }
    let Some(key) = &table.primary_key else {
        return Err("it has no primary key".to_owned());
    };
    let columns = &key.columns;
    if columns.len() > MOST {
        return Err(format!("its primary key has {} columns", columns.len()));
    }
    let is_part = columns.len() > 1;
    columns
        .iter()
        .map(|name| {
            let column = table
                .column(name)
                .ok_or("its primary key is no column of its own")?;
            match unfit_key(namespace, column, is_part) {
                Some(why) => Err(format!("its primary key `{name}` {why}")),
                None => Ok(column),
            }
        })
        .collect()
}

/// Why a column can't be the key of a model, or a part of one.
fn unfit_key(namespace: &Namespace, column: &Column, is_part: bool) -> Option<String> {
    if !is_column(&column.name) {
        return Some(
            "is not written in small letters, digits and `_`; rename it, and inspect again"
                .to_owned(),
        );
    }
    let is_numbered = column.identity
        || namespace.tables.iter().any(|(table, of)| {
            of.column(&column.name)
                .is_some_and(|it| std::ptr::eq(it, column))
                && sequence_of(namespace, table, column).is_some()
        });
    if is_part && is_numbered {
        return Some("is numbered by the database beside other columns of the key".to_owned());
    }
    if column.generated.is_some() {
        return Some("is computed".to_owned());
    }
    (!is_key(&column.sql_type, is_part)).then(|| format!("has the type `{}`", column.sql_type))
}

/// Tells whether a key can have a type, or a part of one.
fn is_key(sql_type: &str, is_part: bool) -> bool {
    fit(sql_type).is_some_and(|fit| match fit.sql {
        SqlType::SmallInt
        | SqlType::Integer
        | SqlType::BigInt
        | SqlType::Text
        | SqlType::Varchar(_)
        | SqlType::Uuid => true,
        SqlType::Boolean
        | SqlType::Date
        | SqlType::Timestamp
        | SqlType::TimestampTz
        | SqlType::Numeric
        | SqlType::Decimal(..) => is_part,
        _ => false,
    })
}
