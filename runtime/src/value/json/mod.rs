//! `jsonb` columns.

mod finite;
mod number;
mod text;
mod token;

use std::io;
use std::ops::{Deref, DerefMut};

use bytes::{BufMut, BytesMut};
use postgres::types::Type;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::ser::{CompactFormatter, Formatter};

use super::{DecodeError, Element, Scalar, SqlType};
use crate::error::Withheld;

/// A value stored as `jsonb`.
///
/// It comes back as it was, or is refused before it is sent: `jsonb` has no NaN, no infinite numbers, no negative zero,
/// no character NUL, and no key twice in one object. A number of more digits than the Rust type holds is read rounded, as
/// `serde_json` does it; then the column can't be saved from that row, which would round what is stored.
/// `Json<Box<serde_json::value::RawValue>>` holds numbers of any length; spaces and the order of keys are those of `jsonb`.
///
/// For serde it is what it wraps.
///
/// ```
/// # use tenantry::Json;
/// let tags = Json(vec!["new", "vip"]);
/// assert_eq!(tags.len(), 2);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json<T>(pub T);

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Json<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Scalar for Json<T> {
    const SQL: SqlType = SqlType::Jsonb;

    fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
        // `serde_json` writes these as `null`, and what they were is lost.
        finite::check(&self.0)?;
        encode(&self.0, out)
    }

    fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
        decode(ty, raw).map(Self)
    }
}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Element for Json<T> {}

impl Scalar for serde_json::Value {
    const SQL: SqlType = SqlType::Jsonb;

    fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
        encode(self, out)
    }

    fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
        decode(ty, raw)
    }
}

impl Element for serde_json::Value {}

fn encode(value: &impl Serialize, out: &mut BytesMut) -> Result<(), DecodeError> {
    let mut json = Vec::new();
    value.serialize(&mut serde_json::Serializer::with_formatter(
        &mut json, Fractions,
    ))?;
    text::check(&json)?;
    // `jsonb` on the wire is a version byte, then the text.
    out.put_u8(1);
    out.put_slice(&json);
    Ok(())
}

/// Writes a number of floating point so that it is read as one again.
///
/// `jsonb` writes all digits of `1e16`, which would be a whole number in a [`serde_json::Value`].
struct Fractions;

impl Formatter for Fractions {
    fn write_f64<W: io::Write + ?Sized>(&mut self, out: &mut W, value: f64) -> io::Result<()> {
        const FIRST: f64 = 1e16;
        // Beyond an `u64`, 2 to the power of 64, no whole number is read.
        const END: f64 = 18_446_744_073_709_551_616.0;
        if (FIRST..END).contains(&value.abs()) {
            write!(out, "{value:.1}")
        } else {
            CompactFormatter.write_f64(out, value)
        }
    }
}

fn decode<T: DeserializeOwned>(ty: &Type, raw: &[u8]) -> Result<T, DecodeError> {
    let text =
        text_of(ty, raw).ok_or_else(|| format!("the column has type `{ty}`, not `jsonb`"))?;
    serde_json::from_slice(text).map_err(|error| misfit(&error))
}

/// The error for stored JSON that does not fit a type. Whatever made the type may quote the JSON.
fn misfit(error: &serde_json::Error) -> DecodeError {
    let told = format!(
        "the JSON does not fit the type, which shows at line {}, column {}",
        error.line(),
        error.column()
    );
    Withheld::new(told, error.to_string()).into()
}

fn text_of<'a>(ty: &Type, raw: &'a [u8]) -> Option<&'a [u8]> {
    match (ty, raw) {
        (&Type::JSON, text) | (&Type::JSONB, [1, text @ ..]) => Some(text),
        _ => None,
    }
}

/// Returns a number of `stored` that reading and writing has changed: none in `written` has the same digits.
///
/// Both are values in the binary format. `written` is computed only where there is a number long enough to have changed.
pub(super) fn changed_number(
    stored: (&Type, &[u8]),
    written: impl FnOnce() -> Option<Vec<u8>>,
) -> Option<String> {
    let stored = text_of(stored.0, stored.1)?;
    if !number::tokens(stored).any(number::may_change) {
        return None;
    }
    let written = written()?;
    number::changed(stored, text_of(&Type::JSONB, &written)?)
}
