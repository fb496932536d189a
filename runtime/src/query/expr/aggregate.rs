//! Aggregates: values of groups of rows.

use postgres::types::Type;

use super::condition::{Condition, Truth};
use super::kind::{Aggregate, AggregateCall, Plain, Within};
use super::text::Text;
use super::typed::{Expr, Expression};
use crate::model::{Model, Placement, SharedSchema};
use crate::query::node::{Aggregation, FILTERED, Node, Operand};
use crate::value::{Element, Field, Param, Scalar, SqlType};

/// An aggregate with the value `T` over rows that `E` is computed from.
pub type Aggregated<E, T> =
    Expr<<E as Expression>::Model, T, <E as Expression>::Reach, AggregateCall>;

/// Counts the rows of a group.
pub fn count<M: Model>() -> Expr<M, i64, SharedSchema, AggregateCall> {
    let function = Aggregation {
        sql: "count(*)",
        of: SqlType::BigInt,
        gives: SqlType::BigInt,
    };
    Expr::new(Node::Aggregate(function, Vec::new()))
}

/// Aggregates of a column or expression. Of no rows they are null, but for counts.
pub trait Aggregates: Expression {
    /// Counts the rows in which it is not null.
    fn count(self) -> Aggregated<Self, i64>
    where
        Self::Kind: Within<Plain>,
    {
        aggregate(self, "count($1)")
    }

    /// Counts its different values; null is none.
    fn count_distinct(self) -> Aggregated<Self, i64>
    where
        Self::Kind: Within<Plain>,
    {
        aggregate(self, "count(DISTINCT $1)")
    }

    /// The sum: of whole numbers one that has room, which is `i64` for `i16`, `i32`, `u8` and `u16`, and `Decimal` for `i64` and `u32`.
    fn sum<S: Scalar>(self) -> Aggregated<Self, Option<S>>
    where
        Self::Kind: Within<Plain>,
        <Self::Value as Field>::Scalar: Summed<Sum = S>,
    {
        aggregate(self, "sum($1)")
    }

    /// The average: a `Decimal`, or `f64` of floats.
    fn avg<A: Scalar>(self) -> Aggregated<Self, Option<A>>
    where
        Self::Kind: Within<Plain>,
        <Self::Value as Field>::Scalar: Averaged<Average = A>,
    {
        aggregate(self, "avg($1)")
    }

    /// The standard deviation of these values alone.
    fn stddev_pop<A: Scalar>(self) -> Aggregated<Self, Option<A>>
    where
        Self::Kind: Within<Plain>,
        <Self::Value as Field>::Scalar: Averaged<Average = A>,
    {
        aggregate(self, "stddev_pop($1)")
    }

    /// The standard deviation of all values of which these are a sample; null of fewer than two.
    fn stddev_samp<A: Scalar>(self) -> Aggregated<Self, Option<A>>
    where
        Self::Kind: Within<Plain>,
        <Self::Value as Field>::Scalar: Averaged<Average = A>,
    {
        aggregate(self, "stddev_samp($1)")
    }

    /// The variance of these values alone: the square of their standard deviation.
    fn var_pop<A: Scalar>(self) -> Aggregated<Self, Option<A>>
    where
        Self::Kind: Within<Plain>,
        <Self::Value as Field>::Scalar: Averaged<Average = A>,
    {
        aggregate(self, "var_pop($1)")
    }

    /// The variance of all values of which these are a sample; null of fewer than two.
    fn var_samp<A: Scalar>(self) -> Aggregated<Self, Option<A>>
    where
        Self::Kind: Within<Plain>,
        <Self::Value as Field>::Scalar: Averaged<Average = A>,
    {
        aggregate(self, "var_samp($1)")
    }

    /// The value below which a part of the values is, as `0.5` for the median: between two of them it is in proportion.
    fn percentile_cont<A: Scalar>(self, part: f64) -> Aggregated<Self, Option<f64>>
    where
        Self::Kind: Within<Plain>,
        <Self::Value as Field>::Scalar: Averaged<Average = A>,
    {
        let part = Node::value(Operand::Param(Param::raw(
            Type::FLOAT8,
            &part.to_be_bytes(),
        )));
        let function = Aggregation {
            sql: "percentile_cont($2) WITHIN GROUP (ORDER BY $1)",
            of: Self::Value::TYPE.sql,
            gives: SqlType::Double,
        };
        let value = self.into_expr().node.known();
        Expr::new(Node::Aggregate(function, vec![value, part]))
    }

    /// The least value.
    fn min(self) -> Aggregated<Self, Option<<Self::Value as Field>::Scalar>>
    where
        Self::Kind: Within<Plain>,
    {
        const { has_extremes::<Self::Value>() };
        aggregate(self, "min($1)")
    }

    /// The greatest value.
    fn max(self) -> Aggregated<Self, Option<<Self::Value as Field>::Scalar>>
    where
        Self::Kind: Within<Plain>,
    {
        const { has_extremes::<Self::Value>() };
        aggregate(self, "max($1)")
    }

    /// Tests whether it is true in all rows.
    fn bool_and(self) -> Aggregated<Self, Option<bool>>
    where
        Self::Kind: Within<Plain>,
        Self::Value: Truth,
    {
        // The aggregate passes over nulls, which are not true.
        let truth = if Self::Value::TYPE.nullable {
            "bool_and($1 IS TRUE)"
        } else {
            "bool_and($1)"
        };
        aggregate(self, truth)
    }

    /// Tests whether it is true in any row.
    fn bool_or(self) -> Aggregated<Self, Option<bool>>
    where
        Self::Kind: Within<Plain>,
        Self::Value: Truth,
    {
        aggregate(self, "bool_or($1)")
    }

    /// The values as an array, in the order of the values.
    fn array_agg(self) -> Aggregated<Self, Option<Vec<Self::Value>>>
    where
        Self::Kind: Within<Plain>,
        Self::Value: Collected,
        Vec<Self::Value>: Scalar,
    {
        aggregate(self, "array_agg($1 ORDER BY $1)")
    }

    /// The texts as one, in the order of the texts, with another between them. Nulls are left out.
    fn string_agg(self, between: &str) -> Aggregated<Self, Option<String>>
    where
        Self::Kind: Within<Plain>,
        Self::Value: Text,
    {
        let between = Node::value(Operand::Param(Param::text(between)));
        let parts = vec![self.into_expr().node, between];
        let function = Aggregation {
            sql: "string_agg($1, $2 ORDER BY $1)",
            of: SqlType::Text,
            gives: SqlType::Text,
        };
        Expr::new(Node::Aggregate(function, parts))
    }
}

impl<E: Expression> Aggregates for E {}

impl<M: Model, T, P: Placement> Expr<M, T, P, AggregateCall> {
    /// Takes only the rows into the aggregate that meet a condition: `Invoice::TOTAL.sum().filter(Invoice::PAID)`.
    pub fn filter<Q: Placement, K: Within<Plain>>(
        self,
        condition: impl Condition<M, Reach = Q, Kind = K>,
    ) -> Expr<M, T, P::With<Q>, Aggregate> {
        let parts = vec![self.node, condition.into_condition().node];
        Expr::new(Node::call(FILTERED, parts))
    }
}

/// A scalar that has sums.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` has no sum",
    label = "this is no number",
    note = "numbers are summed up: another type is made one by `cast::<i64>()` and the like; sums of `i64` are `Decimal`, of the feature `decimal`"
)]
pub trait Summed: Scalar {
    /// The type of the sum.
    type Sum: Scalar;
}

/// A scalar that has averages.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` has no average",
    label = "this is no number",
    note = "numbers have an average: another type is made one by `cast::<f64>()` and the like; averages of whole numbers are `Decimal`, of the feature `decimal`"
)]
pub trait Averaged: Scalar {
    /// The type of the average.
    type Average: Scalar;
}

macro_rules! sums {
    ($($number:ty => $sum:ty;)*) => {$(impl Summed for $number { type Sum = $sum; })*};
}

macro_rules! averages {
    ($($number:ty => $average:ty;)*) => {$(impl Averaged for $number { type Average = $average; })*};
}

sums! {
    i16 => i64;
    i32 => i64;
    u8 => i64;
    u16 => i64;
    f32 => f32;
    f64 => f64;
}

averages! {
    f32 => f64;
    f64 => f64;
}

#[cfg(feature = "decimal")]
sums! {
    i64 => rust_decimal::Decimal;
    u32 => rust_decimal::Decimal;
    rust_decimal::Decimal => rust_decimal::Decimal;
}

#[cfg(feature = "decimal")]
averages! {
    i16 => rust_decimal::Decimal;
    u8 => rust_decimal::Decimal;
    u16 => rust_decimal::Decimal;
    u32 => rust_decimal::Decimal;
    i32 => rust_decimal::Decimal;
    i64 => rust_decimal::Decimal;
    rust_decimal::Decimal => rust_decimal::Decimal;
}

/// A field whose values make an array.
#[diagnostic::on_unimplemented(
    message = "there are no arrays of `{Self}`",
    label = "not an element of arrays",
    note = "references and arrays are no elements of arrays: make them a number or text by `cast`"
)]
pub trait Collected: Field {}
impl<T: Element> Collected for T {}
impl<T: Element> Collected for Option<T> {}

const fn has_extremes<T: Field>() {
    assert!(
        !matches!(
            T::TYPE.sql,
            SqlType::Boolean
                | SqlType::Uuid
                | SqlType::Jsonb
                | SqlType::Bytea
                | SqlType::Cidr
                | SqlType::MacAddr
                | SqlType::Range(_)
        ),
        "PostgreSQL has no least and no greatest of these values\nhelp: of a `bool` ask for `bool_and` or `bool_or`; make others a text by `cast::<String>()`"
    );
}

fn aggregate<E: Expression, T: Field>(of: E, sql: &'static str) -> Aggregated<E, T> {
    let function = Aggregation {
        sql,
        of: E::Value::TYPE.sql,
        gives: T::TYPE.sql,
    };
    Expr::new(Node::Aggregate(function, vec![of.into_expr().node.known()]))
}
