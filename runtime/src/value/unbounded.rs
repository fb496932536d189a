//! Dates and moments with PostgreSQL's infinite ones.

use bytes::{BufMut, BytesMut};
use postgres::types::Type;
use serde::{Deserialize, Serialize};

use super::scalar::unfit;
use super::{DecodeError, Element, Scalar, SqlType};

/// A date or moment that may also be one of PostgreSQL's infinite ones, as in `valid_until: Unbounded<Timestamp>`.
///
/// The types of `jiff`, `chrono` and `time` have no such values, and reading one into them is an error.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Unbounded<T> {
    /// `-infinity`: before all others.
    NegativeInfinity,
    /// A date or moment.
    At(T),
    /// `infinity`: after all others.
    Infinity,
}

impl<T> Unbounded<T> {
    /// Returns the date or moment, unless it is infinite.
    pub fn finite(self) -> Option<T> {
        match self {
            Self::At(value) => Some(value),
            Self::NegativeInfinity | Self::Infinity => None,
        }
    }
}

impl<T> From<T> for Unbounded<T> {
    fn from(value: T) -> Self {
        Self::At(value)
    }
}

/// The two infinite values in the binary format.
fn infinities(sql: SqlType) -> [Vec<u8>; 2] {
    match sql {
        SqlType::Date => [i32::MIN, i32::MAX].map(|value| value.to_be_bytes().to_vec()),
        _ => [i64::MIN, i64::MAX].map(|value| value.to_be_bytes().to_vec()),
    }
}

impl<T: Scalar> Scalar for Unbounded<T> {
    const SQL: SqlType = {
        assert!(
            matches!(
                T::SQL,
                SqlType::Date | SqlType::Timestamp | SqlType::TimestampTz
            ),
            "only dates and timestamps can be infinite\nhelp: use the type without `Unbounded`"
        );
        T::SQL
    };
    const LAST_SECOND: Option<i64> = T::LAST_SECOND;

    fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
        let [first, last] = infinities(Self::SQL);
        match self {
            Self::NegativeInfinity => out.put_slice(&first),
            Self::At(value) => value.encode(out)?,
            Self::Infinity => out.put_slice(&last),
        }
        Ok(())
    }

    fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
        let [first, last] = infinities(Self::SQL);
        if *ty != Self::SQL.wire() {
            return Err(unfit(ty));
        }
        if raw == first {
            Ok(Self::NegativeInfinity)
        } else if raw == last {
            Ok(Self::Infinity)
        } else {
            T::decode(ty, raw).map(Self::At)
        }
    }
}

impl<T: Scalar> Element for Unbounded<T> {}
