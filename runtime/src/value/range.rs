//! Ranges of numbers, days and moments.

use std::ops::{self, Bound};

use bytes::{BufMut, BytesMut};
use postgres::types::{Kind, Type};
use serde::{Deserialize, Serialize};

use super::scalar::unfit;
use super::{DecodeError, Element, IntoValue, Param, Scalar, SqlType};

/// A range of numbers, days or moments, as in `during: Range<Timestamp>`.
///
/// | field | column |
/// |---|---|
/// | `Range<i32>`, `Range<i64>` | `int4range`, `int8range` |
/// | `Range<Decimal>` | `numrange` |
/// | `Range<Date>` | `daterange` |
/// | `Range<Timestamp>` | `tstzrange` |
/// | `Range<DateTime>`, without a zone | `tsrange` |
///
/// There are none of `u16`, `u32` and other types with a [`RANGE`](Scalar::RANGE) of their own: the server keeps `0..=65535` as `0..65536`.
///
/// Of whole numbers and days PostgreSQL keeps each range in one form, from a first value up to before another: `(1..=5).into()` comes
/// back equal to `(1..6).into()`. A range without values comes back as [`Range::Empty`]. A bound of
/// [`Unbounded`](super::Unbounded) may be an infinite day or moment, which is not the same as none.
///
/// ```
/// use tenantry::prelude::*;
/// use tenantry::value::Range;
///
/// #[tenant_model(index(seats, method = "gist"))]
/// pub struct Booking {
///     #[field(key)]
///     pub id: i64,
///     pub seats: Range<i32>,
/// }
///
/// let new = NewBooking::new(1..4);
/// let taken = Booking::query().filter(Booking::SEATS.overlaps(3..10));
/// # drop((new, taken));
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Range<T> {
    /// It has no values.
    Empty,
    /// The values between two bounds.
    Between(Bound<T>, Bound<T>),
}

impl<T> Range<T> {
    /// Tells whether the range is [`Range::Empty`].
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    /// Returns the lower bound; none if the range is empty.
    pub fn start(&self) -> Option<Bound<&T>> {
        match self {
            Self::Empty => None,
            Self::Between(start, _) => Some(start.as_ref()),
        }
    }

    /// Returns the upper bound; none if the range is empty.
    pub fn end(&self) -> Option<Bound<&T>> {
        match self {
            Self::Empty => None,
            Self::Between(_, end) => Some(end.as_ref()),
        }
    }
}

impl<T: PartialOrd> Range<T> {
    /// Tells whether a value is in the range.
    pub fn contains(&self, value: &T) -> bool {
        match self {
            Self::Empty => false,
            Self::Between(start, end) => {
                ops::RangeBounds::contains(&(start.as_ref(), end.as_ref()), value)
            }
        }
    }
}

macro_rules! given {
    ($given:ident) => {
        impl<T> IntoValue<Range<T>> for ops::$given<T> {
            fn into_value(self) -> Range<T> {
                self.into()
            }
        }

        impl<T> IntoValue<Option<Range<T>>> for ops::$given<T> {
            fn into_value(self) -> Option<Range<T>> {
                Some(self.into())
            }
        }
    };
}

macro_rules! from {
    ($($given:ident => |$it:ident| $start:expr, $end:expr;)*) => {$(
        impl<T> From<ops::$given<T>> for Range<T> {
            fn from($it: ops::$given<T>) -> Self {
                Self::Between($start, $end)
            }
        }

        given!($given);
    )*};
}

from! {
    Range => |it| Bound::Included(it.start), Bound::Excluded(it.end);
    RangeFrom => |it| Bound::Included(it.start), Bound::Unbounded;
    RangeTo => |it| Bound::Unbounded, Bound::Excluded(it.end);
    RangeToInclusive => |it| Bound::Unbounded, Bound::Included(it.end);
}

impl<T> From<ops::RangeInclusive<T>> for Range<T> {
    fn from(it: ops::RangeInclusive<T>) -> Self {
        let (start, end) = it.into_inner();
        Self::Between(Bound::Included(start), Bound::Included(end))
    }
}

given!(RangeInclusive);

// The flags of PostgreSQL's range_send.
const EMPTY: u8 = 0x01;
const START_INCLUDED: u8 = 0x02;
const END_INCLUDED: u8 = 0x04;
const NO_START: u8 = 0x08;
const NO_END: u8 = 0x10;

impl<T: Scalar + PartialOrd> Scalar for Range<T> {
    const SQL: SqlType = {
        assert!(
            matches!(
                T::SQL,
                SqlType::Integer
                    | SqlType::BigInt
                    | SqlType::Numeric
                    | SqlType::Date
                    | SqlType::Timestamp
                    | SqlType::TimestampTz
            ),
            "PostgreSQL has ranges of `i32`, `i64`, decimals, dates and moments\nhelp: write a field for each bound"
        );
        assert!(
            T::RANGE.is_none(),
            "PostgreSQL writes a range of whole numbers up to before another, which need not be one of the type, and knows no bounds of it\nhelp: write `Range<i32>` or `Range<i64>`"
        );
        SqlType::Range(&T::SQL)
    };

    fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
        let Self::Between(start, end) = self else {
            out.put_u8(EMPTY);
            return Ok(());
        };
        let flags = match start {
            Bound::Included(_) => START_INCLUDED,
            Bound::Excluded(_) => 0,
            Bound::Unbounded => NO_START,
        };
        let flags = flags
            | match end {
                Bound::Included(_) => END_INCLUDED,
                Bound::Excluded(_) => 0,
                Bound::Unbounded => NO_END,
            };
        out.put_u8(flags);
        let [start, end] = [start, end].map(value);
        if let (Some(start), Some(end)) = (start, end)
            && start > end
        {
            return Err(
                "the lower bound of the range is behind the upper one\nhelp: swap the two".into(),
            );
        }
        for bound in [start, end].into_iter().flatten() {
            let bound = Param::of(bound)?;
            out.put_i32(i32::try_from(bound.bytes().len())?);
            out.put_slice(bound.bytes());
        }
        Ok(())
    }

    fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
        let Kind::Range(element) = ty.kind() else {
            return Err(unfit(ty));
        };
        let (&flags, mut rest) = raw.split_first().ok_or("the range is cut off")?;
        if flags & EMPTY != 0 {
            return Ok(Self::Empty);
        }
        let mut bound = |none: u8, included: u8| {
            if flags & none != 0 {
                return Ok(Bound::Unbounded);
            }
            let (length, after) = rest.split_first_chunk().ok_or("the range is cut off")?;
            let length = usize::try_from(i32::from_be_bytes(*length))?;
            let (value, after) = after
                .split_at_checked(length)
                .ok_or("the range is cut off")?;
            rest = after;
            let value = T::decode(element, value)?;
            Ok::<_, DecodeError>(if flags & included == 0 {
                Bound::Excluded(value)
            } else {
                Bound::Included(value)
            })
        };
        let start = bound(NO_START, START_INCLUDED)?;
        Ok(Self::Between(start, bound(NO_END, END_INCLUDED)?))
    }
}

impl<T: Scalar + PartialOrd> Element for Range<T> {}

fn value<T>(bound: &Bound<T>) -> Option<&T> {
    match bound {
        Bound::Included(value) | Bound::Excluded(value) => Some(value),
        Bound::Unbounded => None,
    }
}
