//! Times and dates.

use super::kind::Constant;
use super::operand::{ByExpression, Combined, Term};
use super::typed::{Expr, Expression, Mapped};
use crate::model::{Model, SharedSchema};
use crate::query::node::Node;
use crate::value::{Field, Interval, Nullness, Scalar, Sometimes, SqlType, Unbounded};

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

/// The type of a field's values that are not null.
type ScalarOf<T> = <T as Field>::Scalar;

/// Nullness of what is made of two fields.
type WithNull<T, V> = <<T as Field>::Null as Nullness>::With<<V as Field>::Null>;

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

    /// The moment or date that is so much later: `Invoice::DUE.later(Interval::days(14))`. It is earlier, if the interval is negative.
    ///
    /// A month later is the same day of the next month, or its last. Days have 24 hours, as in UTC; a date has none, and what is left of a day
    /// counts for nothing.
    fn later<O, By>(
        self,
        by: O,
    ) -> Combined<
        Self,
        O,
        By,
        Interval,
        <WithNull<Self::Value, O::Value> as Nullness>::Of<ScalarOf<Self::Value>>,
    >
    where
        Self::Value: Field<Scalar: Moment>,
        O: Term<Self::Model, Interval, By>,
    {
        let sql = match ScalarOf::<Self::Value>::SQL {
            SqlType::Date => "CAST(($1) + ($2) AS date)",
            SqlType::TimestampTz => "((($1) AT TIME ZONE 'UTC' + ($2)) AT TIME ZONE 'UTC')",
            _ => "(($1) + ($2))",
        };
        let parts = vec![self.into_expr().node, by.into_term().node];
        Expr::new(Node::call(sql, parts))
    }

    /// The time that it is after another, in days and the rest of one: `Invoice::PAID_AT.since(Invoice::SENT_AT)`.
    fn since<O, By>(
        self,
        other: O,
    ) -> Combined<
        Self,
        O,
        By,
        Self::Value,
        <WithNull<Self::Value, O::Value> as Nullness>::Of<Interval>,
    >
    where
        Self::Value: Field<Scalar: Moment>,
        O: Term<Self::Model, Self::Value, By>,
    {
        let sql = between::<ScalarOf<Self::Value>>("$1 - $2");
        let (node, other) = (self.into_expr().node, other.into_term().node);
        let other = other.beside(node.def());
        Expr::new(Node::call(sql, vec![node, other]))
    }

    /// The time that it is after another in years, months and days, as people tell an age: a month is one whatever days it has.
    fn age_since<O, By>(
        self,
        other: O,
    ) -> Combined<
        Self,
        O,
        By,
        Self::Value,
        <WithNull<Self::Value, O::Value> as Nullness>::Of<Interval>,
    >
    where
        Self::Value: Field<Scalar: Moment>,
        O: Term<Self::Model, Self::Value, By>,
    {
        let sql = between::<ScalarOf<Self::Value>>("age($1, $2)");
        let (node, other) = (self.into_expr().node, other.into_term().node);
        let other = other.beside(node.def());
        Expr::new(Node::call(sql, vec![node, other]))
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

/// SQL over two moments as those of a clock in UTC.
fn between<T: Scalar>(sql: &str) -> String {
    let at = |place: &str| match T::SQL {
        SqlType::TimestampTz => format!("(({place}) AT TIME ZONE 'UTC')"),
        _ => format!("CAST({place} AS timestamp)"),
    };
    let sql = sql.replace("$1", &at("$1"));
    format!("({})", sql.replace("$2", &at("$2")))
}
