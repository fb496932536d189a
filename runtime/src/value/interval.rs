//! Lengths of time.

use bytes::{Buf, BufMut, BytesMut};
use postgres::types::Type;
use serde::{Deserialize, Serialize};

use super::scalar::unfit;
use super::{DecodeError, Element, Scalar, SqlType};

/// A length of time as PostgreSQL keeps it: `interval`.
///
/// Months, days and the rest are counted each for themselves, since a month has no certain number of days, nor a day of hours; each
/// can be negative. PostgreSQL takes `1 month` and `30 days` for equal, and Rust does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub struct Interval {
    /// Months, of which a year has twelve.
    pub months: i32,
    /// Days.
    pub days: i32,
    /// Microseconds, of which an hour has 3,600,000,000.
    pub microseconds: i64,
}

impl Interval {
    /// Returns an interval of so many months.
    pub const fn months(months: i32) -> Self {
        Self {
            months,
            days: 0,
            microseconds: 0,
        }
    }

    /// Returns an interval of so many days.
    pub const fn days(days: i32) -> Self {
        Self {
            months: 0,
            days,
            microseconds: 0,
        }
    }

    /// Returns an interval of so many microseconds.
    pub const fn microseconds(microseconds: i64) -> Self {
        Self {
            months: 0,
            days: 0,
            microseconds,
        }
    }
}

impl Scalar for Interval {
    const SQL: SqlType = SqlType::Interval;

    fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
        out.put_i64(self.microseconds);
        out.put_i32(self.days);
        out.put_i32(self.months);
        Ok(())
    }

    fn decode(ty: &Type, mut raw: &[u8]) -> Result<Self, DecodeError> {
        if *ty != Type::INTERVAL {
            return Err(unfit(ty));
        }
        if raw.len() != 16 {
            return Err("the bytes are no interval".into());
        }
        Ok(Self {
            microseconds: raw.get_i64(),
            days: raw.get_i32(),
            months: raw.get_i32(),
        })
    }
}

impl Element for Interval {}
