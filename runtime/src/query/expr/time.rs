//! Times and dates.

use super::kind::Constant;
use super::operand::{ByExpression, Term};
use super::typed::{Expr, Expression, Mapped};
use crate::model::{Model, SharedSchema};
use crate::query::node::Node;
use crate::value::{Field, Nullness, Scalar, Sometimes, SqlType, Unbounded};

/// A scalar that is a moment or a date.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a moment nor a date",
    label = "neither a moment nor a date"
)]
pub trait Moment: Scalar {
    /// The nullness of its parts: a moment that is infinite has none.
    #[doc(hidden)]
    type Parts: Nullness;
}

impl<T: Moment> Moment for Unbounded<T> {
    type Parts = Sometimes;
}

/// Nullness of the parts of a field.
type PartsOf<T> = <<T as Field>::Null as Nullness>::With<<<T as Field>::Scalar as Moment>::Parts>;

#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
macro_rules! moments {
    ($($moment:ty),*) => {$(impl Moment for $moment { type Parts = crate::value::Always; })*};
}

#[cfg(feature = "jiff")]
moments!(jiff::Timestamp, jiff::civil::Date, jiff::civil::DateTime);
#[cfg(feature = "chrono")]
moments!(
    chrono::DateTime<chrono::Utc>,
    chrono::NaiveDate,
    chrono::NaiveDateTime
);
#[cfg(feature = "time")]
moments!(time::OffsetDateTime, time::Date, time::PrimitiveDateTime);

/// The moment at which the transaction began. Made by [`now`].
#[derive(Debug, Clone, Copy)]
pub struct Now;

/// The moment at which the transaction began, by the server's clock; of a date, the day in UTC.
pub fn now() -> Now {
    Now
}

impl<M: Model, T: Field<Scalar: Moment>> Term<M, T, ByExpression> for Now {
    type Value = T::Scalar;
    type Reach = SharedSchema;
    type Kind = Constant;

    fn into_term(self) -> Expr<M, T::Scalar, SharedSchema, Constant> {
        Expr::new(Node::Constant(T::Scalar::SQL.now()))
    }
}

/// A part of a moment or date.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TimePart {
    /// The year.
    Year,
    /// The quarter of the year, from 1.
    Quarter,
    /// The month, from 1.
    Month,
    /// The week, from Monday; its number is that of ISO 8601.
    Week,
    /// The day of the month, from 1.
    Day,
    /// The hour, from 0.
    Hour,
    /// The minute, from 0.
    Minute,
    /// The second, from 0.
    Second,
}

impl TimePart {
    fn word(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Quarter => "quarter",
            Self::Month => "month",
            Self::Week => "week",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Minute => "minute",
            Self::Second => "second",
        }
    }
}

/// Functions of moments and dates. Those with a time zone are taken as in UTC, whatever the session's is.
pub trait Times: Expression {
    /// The beginning of the year, month, … that it is in.
    fn truncate(self, to: TimePart) -> Mapped<Self, Self::Value>
    where
        Self::Value: Field<Scalar: Moment>,
    {
        let word = to.word();
        let sql = match <Self::Value as Field>::Scalar::SQL {
            SqlType::Date => format!("CAST(date_trunc('{word}', CAST($1 AS timestamp)) AS date)"),
            SqlType::TimestampTz => format!("date_trunc('{word}', $1, 'UTC')"),
            _ => format!("date_trunc('{word}', $1)"),
        };
        Expr::new(Node::call(sql, vec![self.into_expr().node]))
    }

    /// A part of it, as a whole number. What is infinite has none: of an [`Unbounded`] it is an `Option`.
    fn part(self, part: TimePart) -> Mapped<Self, <PartsOf<Self::Value> as Nullness>::Of<i32>>
    where
        Self::Value: Field<Scalar: Moment>,
    {
        let word = part.word();
        let of = match <Self::Value as Field>::Scalar::SQL {
            SqlType::TimestampTz => "$1 AT TIME ZONE 'UTC'",
            _ => "CAST($1 AS timestamp)",
        };
        let sql = format!(
            "CASE WHEN isfinite({of}) THEN CAST(floor(extract({word} FROM {of})) AS integer) END"
        );
        Expr::new(Node::call(sql, vec![self.into_expr().node]))
    }
}

impl<E: Expression> Times for E {}
