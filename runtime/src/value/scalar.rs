//! The scalars whose conversions the driver has: numbers, text, bytes, UUIDs.

use bytes::BytesMut;
use postgres::types::{FromSql, ToSql, Type};

use super::{DecodeError, Element, Scalar, SqlType};

/// Implements [`Scalar`] through the driver's own conversions.
macro_rules! scalars {
    ($($rust:ty => $sql:expr),* $(,)?) => {$(
        impl Scalar for $rust {
            const SQL: SqlType = $sql;

            fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
                through_driver(self, &Self::SQL.wire(), out)
            }

            fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
                from_driver(ty, raw)
            }
        }
    )*};
}

macro_rules! elements {
    ($($rust:ty => $sql:expr),* $(,)?) => {
        scalars!($($rust => $sql),*);
        $(impl Element for $rust {})*
    };
}

elements! {
    i16 => SqlType::SmallInt,
    i32 => SqlType::Integer,
    i64 => SqlType::BigInt,
    f32 => SqlType::Real,
    f64 => SqlType::Double,
    bool => SqlType::Boolean,
    String => SqlType::Text,
}

scalars! {
    Vec<u8> => SqlType::Bytea,
}

#[cfg(feature = "uuid")]
elements! { uuid::Uuid => SqlType::Uuid }

pub(super) fn through_driver<T: ToSql>(
    value: &T,
    ty: &Type,
    out: &mut BytesMut,
) -> Result<(), DecodeError> {
    value.to_sql(ty, out).map(|_| ())
}

pub(super) fn from_driver<'a, T: FromSql<'a>>(ty: &Type, raw: &'a [u8]) -> Result<T, DecodeError> {
    if T::accepts(ty) {
        T::from_sql(ty, raw)
    } else {
        Err(format!("the column has type `{ty}`, which does not fit the field").into())
    }
}
