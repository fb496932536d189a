//! Types of keys.

/// The methods of a key that is no value of one column, which all say why.
macro_rules! is_no_value {
    ($why:expr) => {
        fn write(&self, _: &mut BytesMut) -> Result<(), DecodeError> {
            Err($why.into())
        }

        fn read(_: &Type, _: &[u8]) -> Result<Self, DecodeError> {
            Err($why.into())
        }

        fn to_param(&self) -> Result<Param, DecodeError> {
            Err($why.into())
        }

        fn take(_: &mut RowReader<'_>) -> Result<Self, DecodeError> {
            Err($why.into())
        }
    };
}

mod none;
mod several;
mod values;

use std::fmt;

use bytes::BytesMut;
use postgres::types::Type;

pub use none::NoKey;
pub use values::KeyValues;

use super::RowReader;
use crate::value::{DecodeError, Field, FieldType, Param, Scalar};

/// A type that a model's key can have: a [`Scalar`] that can be cloned, compared and shown, or a tuple of up to eight such for a key of
/// several fields.
///
/// It has what is done with keys as methods of its own, and not those traits above it: so the compiler tells of a type that
/// lacks several of them once.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the type of a model's key",
    label = "not the type of a key",
    note = "a key is an integer, a text, a UUID, or a newtype of one with `#[derive(Column, Debug, Clone, PartialEq)]`"
)]
pub trait Key: Sized + Send + Sync + 'static {
    #[doc(hidden)]
    const TYPE: FieldType;

    #[doc(hidden)]
    fn duplicate(&self) -> Self;

    #[doc(hidden)]
    fn equals(&self, other: &Self) -> bool;

    #[doc(hidden)]
    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result;

    /// The values of the key's columns, in their order; or which of them PostgreSQL has not, and why.
    #[doc(hidden)]
    fn values(&self) -> Result<KeyValues, (usize, DecodeError)>;

    #[doc(hidden)]
    fn write(&self, out: &mut BytesMut) -> Result<(), DecodeError>;

    #[doc(hidden)]
    fn read(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError>;

    #[doc(hidden)]
    fn to_param(&self) -> Result<Param, DecodeError>;

    #[doc(hidden)]
    fn take(row: &mut RowReader<'_>) -> Result<Self, DecodeError>;
}

#[diagnostic::do_not_recommend]
impl<T: Scalar + Clone + PartialEq + fmt::Debug> Key for T {
    const TYPE: FieldType = <T as Field>::TYPE;

    fn duplicate(&self) -> Self {
        self.clone()
    }

    fn equals(&self, other: &Self) -> bool {
        self == other
    }

    fn show(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self, f)
    }

    fn values(&self) -> Result<KeyValues, (usize, DecodeError)> {
        match Param::of(self) {
            Ok(value) => Ok(KeyValues::One(value)),
            Err(error) => Err((0, error)),
        }
    }

    fn write(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
        self.encode(out)
    }

    fn read(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
        Self::decode(ty, raw)
    }

    fn to_param(&self) -> Result<Param, DecodeError> {
        Param::of(self)
    }

    fn take(row: &mut RowReader<'_>) -> Result<Self, DecodeError> {
        row.take()
    }
}

/// The functions that depend on the declaration of a key's type, as those of other fields in `model::hint`.
pub mod declared {
    use super::Key;
    use crate::model::{Model, RowReader};
    use crate::value::{DecodeError, FieldType, Param};

    /// Returns what the type says of its column.
    pub const fn ty<M: Model, const AT: usize>() -> FieldType {
        <M::Key as Key>::TYPE
    }

    /// Returns a value as a parameter.
    ///
    /// # Errors
    ///
    /// When PostgreSQL has no such value.
    #[inline]
    pub fn to_param<M: Model, const AT: usize>(value: &M::Key) -> Result<Param, DecodeError> {
        value.to_param()
    }

    /// Returns the same value again.
    #[inline]
    pub fn duplicate<M: Model, const AT: usize>(value: &M::Key) -> M::Key {
        value.duplicate()
    }

    /// Reads the next value of a row.
    ///
    /// # Errors
    ///
    /// When the raw value is none of this type.
    #[inline]
    pub fn take<M: Model, const AT: usize>(row: &mut RowReader<'_>) -> Result<M::Key, DecodeError> {
        M::Key::take(row)
    }
}
