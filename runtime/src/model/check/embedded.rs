//! The rules of embedded structs: what a model names, and those that may not be there.

use super::Message;
use crate::model::Embeds;
use crate::model::literal::is_sendable;
use crate::value::FieldType;

/// An `Option` of an embedded struct is `None` where all of its columns are null, so one that is there has a value that is never null.
///
/// # Errors
///
/// The message to panic with, when all columns of the struct can be null.
pub const fn embedded_or_none(
    field: &str,
    embedded: &str,
    columns: &[FieldType],
) -> Result<(), Message> {
    let mut i = 0;
    while i < columns.len() {
        if !columns[i].nullable {
            return Ok(());
        }
        i += 1;
    }
    Err(Message::new()
        .push("all fields of `")
        .push(embedded)
        .push("` can be null, so `None` in `")
        .push(field)
        .push("` and one of `")
        .push(embedded)
        .push("` without any value are the same row\nhelp: write `")
        .push(field)
        .push(": ")
        .push(embedded)
        .push("` without the `Option`, or give `")
        .push(embedded)
        .push("` a field that always has a value"))
}

/// A default in a struct that may not be there is one that the program can send: the database would fill it in where there is no struct, too.
///
/// # Errors
///
/// The message to panic with, when the column is of a type whose literals only the database reads.
pub const fn default_or_none(field: &str, column: &str, ty: &FieldType) -> Result<(), Message> {
    if is_sendable(&ty.sql) {
        return Ok(());
    }
    Err(Message::new()
        .push("`")
        .push(field)
        .push("` may be `None`, and the default of its column `")
        .push(column)
        .push("` is one that only the database reads, which would fill it in there too\nhelp: take the `Option` off, or the `default`, and give the value in Rust"))
}

/// A struct is embedded by its own name, by which there is a macro too that knows its fields.
///
/// # Errors
///
/// The message to panic with, always: a type for which there is no such macro, and which is an embedded struct all the same.
pub const fn embedded_by_name<T: Embeds>(name: &str) -> Result<(), Message> {
    Err(Message::new()
        .push("`")
        .push(name)
        .push("` is another name of an embedded struct, by which its fields are not known\nhelp: write the struct's own name; `use ... as` may rename it, `type` may not"))
}
