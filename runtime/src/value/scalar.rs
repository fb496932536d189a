//! The scalars whose conversions the driver has: numbers, text, bytes, UUIDs.

use bytes::BytesMut;
use postgres::types::{FromSql, ToSql, Type};

use super::{DecodeError, Element, Scalar, SqlType};

/// Implements [`Scalar`] through the driver's own conversions.
macro_rules! scalars {
    ($($rust:ty => $sql:expr $(, held by $held:path)?);* $(;)?) => {$(
        impl Scalar for $rust {
            const SQL: SqlType = $sql;

            $(fn as_encoded(&self) -> Option<&[u8]> {
                Some($held(self))
            })?

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
    ($($rust:ty => $sql:expr $(, held by $held:path)?);* $(;)?) => {
        scalars!($($rust => $sql $(, held by $held)?);*);
        $(impl Element for $rust {})*
    };
}

elements! {
    i16 => SqlType::SmallInt;
    f32 => SqlType::Real;
    f64 => SqlType::Double;
    bool => SqlType::Boolean;
    String => SqlType::Text, held by String::as_bytes;
}

/// Implements [`Scalar`] for a whole number, which is read from narrower columns too: a column may have its wider type later than
/// the version of the application that expects it.
macro_rules! whole_numbers {
    ($($rust:ty => $sql:expr, also $($ty:path as $narrow:ty),+);* $(;)?) => {$(
        impl Scalar for $rust {
            const SQL: SqlType = $sql;

            fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
                through_driver(self, &Self::SQL.wire(), out)
            }

            fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
                match *ty {
                    $($ty => from_driver::<$narrow>(ty, raw).map(Self::from),)+
                    _ => from_driver(ty, raw),
                }
            }
        }

        impl Element for $rust {}
    )*};
}

whole_numbers! {
    i32 => SqlType::Integer, also Type::INT2 as i16;
    i64 => SqlType::BigInt, also Type::INT2 as i16, Type::INT4 as i32;
}

scalars! {
    Vec<u8> => SqlType::Bytea, held by Vec::as_slice;
}

#[cfg(feature = "uuid")]
elements! { uuid::Uuid => SqlType::Uuid, held by held }

#[cfg(feature = "uuid")]
fn held(uuid: &uuid::Uuid) -> &[u8] {
    uuid.as_bytes()
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
        Err(unfit(ty))
    }
}

/// Says that a value has another type than it is read as, and which would do.
pub(super) fn unfit(ty: &Type) -> DecodeError {
    let rust = match *ty {
        Type::INT2 => "i16",
        Type::INT4 => "i32",
        Type::INT8 => "i64",
        Type::FLOAT4 => "f32",
        Type::FLOAT8 => "f64",
        Type::BOOL => "bool",
        Type::TEXT | Type::VARCHAR | Type::BPCHAR | Type::NAME => "String",
        Type::BYTEA => "Vec<u8>",
        Type::NUMERIC => "Decimal",
        Type::UUID => "Uuid",
        Type::TIMESTAMPTZ => "Timestamp",
        Type::DATE => "Date",
        Type::JSON | Type::JSONB => "Json<...>",
        _ => {
            return format!(
                "the column has type `{ty}`, which does not fit the field\n\
                 help: in a statement of your own, write a cast to a type that does, as in `value::text`"
            )
            .into();
        }
    };
    format!(
        "the column has type `{ty}`, which does not fit the field\n\
         help: read it as `{rust}`, or, in a statement of your own, write a cast as in `value::bigint`"
    )
    .into()
}
