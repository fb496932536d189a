//! Demands of the arguments of `#[field(...)]` on a column.

use super::Message;
use crate::value::{FieldType, SqlType};

/// Demand of an argument on its column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// A text.
    Text,
    /// A number of any size.
    Numeric,
    /// A whole number that is not null.
    Integer,
    /// A moment or date.
    Time,
    /// A reference.
    ForeignKey,
    /// A moment or date that can be null.
    NullableTime,
    /// That it can be null.
    Nullable,
    /// A value that the database can make up, and that is not null.
    Generated,
}

/// A column has what an argument of its field asks for.
///
/// # Errors
///
/// The message to panic with, when it has not.
pub const fn fits(
    field: &str,
    argument: &str,
    wanted: Wanted,
    ty: &FieldType,
) -> Result<(), Message> {
    let (pleased, reason) = match wanted {
        Wanted::Text => (
            matches!(ty.sql, SqlType::Text),
            "is for texts\nhelp: remove it, or give the field a type that is stored as text",
        ),
        Wanted::Numeric => (
            matches!(ty.sql, SqlType::Numeric),
            "and `scale` are for decimals\nhelp: remove them, or give the field the type `Decimal`",
        ),
        Wanted::Integer => (
            ty.sql.is_integer() && !ty.nullable && ty.references.is_none(),
            "counts updates, so it is for a whole number that is not null\nhelp: give the field the type `i64`",
        ),
        Wanted::Time => (
            matches!(
                ty.sql,
                SqlType::TimestampTz | SqlType::Timestamp | SqlType::Date
            ),
            "is for moments and dates\nhelp: give the field the type `Timestamp`",
        ),
        Wanted::NullableTime => (
            ty.nullable
                && matches!(
                    ty.sql,
                    SqlType::TimestampTz | SqlType::Timestamp | SqlType::Date
                ),
            "is the time when the row was deleted, and null until then\nhelp: give the field the type `Option<Timestamp>`",
        ),
        Wanted::ForeignKey => (
            ty.references.is_some(),
            "is for foreign keys\nhelp: give the field the type `Fk<Model>`, or remove the argument",
        ),
        Wanted::Nullable => (
            ty.nullable,
            "is `set_null`, and the column can't be null\nhelp: write `Option<...>` around the type, or choose another action",
        ),
        Wanted::Generated => (
            !ty.nullable
                && ty.references.is_none()
                && (ty.sql.is_integer() || matches!(ty.sql, SqlType::Uuid)),
            "has no value that the database could fill in: it does so for whole numbers and UUIDs only\nhelp: write `#[field(key, given)]` for a key that the application gives, or add a `default`",
        ),
    };
    if pleased {
        return Ok(());
    }
    Err(Message::new()
        .push("`")
        .push(argument)
        .push("` of field `")
        .push(field)
        .push("` ")
        .push(reason))
}
