//! The scalars that come with the driver: numbers, text, bytes, times, decimals, UUIDs.

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

#[cfg(feature = "decimal")]
elements! { rust_decimal::Decimal => SqlType::Numeric }

#[cfg(feature = "jiff")]
elements! {
    jiff::Timestamp => SqlType::TimestampTz,
    jiff::civil::DateTime => SqlType::Timestamp,
    jiff::civil::Date => SqlType::Date,
    jiff::civil::Time => SqlType::Time,
}

#[cfg(feature = "chrono")]
elements! {
    chrono::DateTime<chrono::Utc> => SqlType::TimestampTz,
    chrono::NaiveDateTime => SqlType::Timestamp,
    chrono::NaiveDate => SqlType::Date,
    chrono::NaiveTime => SqlType::Time,
}

#[cfg(feature = "time")]
elements! {
    time::OffsetDateTime => SqlType::TimestampTz,
    time::PrimitiveDateTime => SqlType::Timestamp,
    time::Date => SqlType::Date,
    time::Time => SqlType::Time,
}

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
