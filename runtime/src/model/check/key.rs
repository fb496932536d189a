//! Rules of keys of several fields.

use super::Message;
use crate::value::{FieldType, SqlType};

/// A field can be part of a key: its values are found again.
///
/// # Errors
///
/// The message to panic with, when the field can be null, or its values are equal only nearly or by no rule that the program shares.
pub const fn key_part(field: &str, ty: &FieldType) -> Result<(), Message> {
    let why = if ty.nullable {
        "can be null, and a key can't\nhelp: give it a type without `Option`"
    } else {
        match ty.sql {
            SqlType::Real | SqlType::Double => {
                "is a number with a floating point, which is found again only nearly\nhelp: give it a whole number, or a `Decimal`"
            }
            SqlType::Jsonb => "is JSON, by which no row is found\nhelp: take `key` off it",
            SqlType::Array(_) => "is an array, by which no row is found\nhelp: take `key` off it",
            _ => return Ok(()),
        }
    };
    Err(Message::new()
        .push("field `")
        .push(field)
        .push("` is part of the key and ")
        .push(why))
}
