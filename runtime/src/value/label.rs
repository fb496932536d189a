//! The texts that stand for an enum's variants, for `#[derive(Column)]`.

use bytes::{BufMut, BytesMut};
use postgres::types::{Kind, Type};

use super::scalar::from_driver;
use super::{DecodeError, Scalar};
use crate::error::Withheld;

/// Appends a label.
///
/// # Errors
///
/// None: a label is a text that the program holds.
pub fn encode_label(label: &str, out: &mut BytesMut) -> Result<(), DecodeError> {
    out.put_slice(label.as_bytes());
    Ok(())
}

/// Reads a label.
///
/// # Errors
///
/// When the value is neither a text nor of an enum type.
pub fn decode_label<'a>(ty: &Type, raw: &'a [u8]) -> Result<&'a str, DecodeError> {
    // SQL that was written by hand may give a type of PostgreSQL's own.
    if let Kind::Enum(_) = ty.kind() {
        return Ok(std::str::from_utf8(raw)?);
    }
    from_driver(ty, raw)
}

/// Says that a label is none of `T`'s.
pub fn unknown_label<T: Scalar>(label: &str) -> DecodeError {
    let known: Vec<String> = T::LABELS
        .unwrap_or_default()
        .iter()
        .map(|known| format!("`{known}`"))
        .collect();
    let known = known.join(", ");
    let told = format!("the text is none of the enum's values, which are {known}");
    let all = format!("`{label}` is none of the enum's values, which are {known}");
    Withheld::new(told, all).into()
}
