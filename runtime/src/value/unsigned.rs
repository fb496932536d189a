//! Whole numbers that are never negative, in the smallest of PostgreSQL's integers that has room for them all.

use std::num::NonZero;

use bytes::BytesMut;
use postgres::types::Type;

use super::{DecodeError, Element, Scalar, SqlType};
use crate::error::Withheld;

macro_rules! unsigned {
    ($($rust:ty as $signed:ty => $sql:ident;)*) => {$(
        impl Scalar for $rust {
            const SQL: SqlType = SqlType::$sql;
            const RANGE: Option<(i64, i64)> = Some((0, <$rust>::MAX as i64));

            fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
                <$signed>::from(*self).encode(out)
            }

            fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
                let value = <$signed>::decode(ty, raw)?;
                Self::try_from(value).map_err(|_| outside::<Self>(value.into()))
            }
        }

        impl Scalar for NonZero<$rust> {
            const SQL: SqlType = SqlType::$sql;
            const RANGE: Option<(i64, i64)> = Some((1, <$rust>::MAX as i64));

            fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
                self.get().encode(out)
            }

            fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
                let value = <$signed>::decode(ty, raw)?;
                let number = <$rust>::try_from(value).ok().and_then(Self::new);
                number.ok_or_else(|| outside::<Self>(value.into()))
            }
        }

        impl Element for NonZero<$rust> {}
    )*};
}

unsigned! {
    u8 as i16 => SmallInt;
    u16 as i32 => Integer;
    u32 as i64 => BigInt;
}

// A `Vec<u8>` is bytes.
impl Element for u16 {}
impl Element for u32 {}

/// Says that a number is out of a type's range.
fn outside<T: Scalar>(value: i64) -> DecodeError {
    let (lowest, highest) = T::RANGE.unwrap_or((i64::MIN, i64::MAX));
    let range = format!("is none of the field's type, which has those from {lowest} to {highest}");
    let help = "help: give the field a type that has it, or make the value one by `cast::<i64>()`";
    Withheld::new(
        format!("the number {range}\n{help}"),
        format!("the number {value} {range}\n{help}"),
    )
    .into()
}
