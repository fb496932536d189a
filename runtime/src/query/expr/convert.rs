//! Casts, and stand-ins for nulls.

use std::borrow::Cow;
use std::num::NonZero;

use super::Optional;
use super::kind::{Constant, Kind, Plain};
use super::operand::{Combined, Term};
use super::text::Together;
use super::typed::{Expr, Expression, Mapped};
use crate::model::{Column, Fk, Model, Placement, SharedSchema};
use crate::query::node::{Node, Operand};
use crate::value::{Field, Nullness, Scalar, SqlType};

/// Casts, and stand-ins for nulls.
pub trait Convert: Expression {
    /// The value as another type, as PostgreSQL casts it: `Item::COUNT.cast::<i64>()`.
    ///
    /// Nulls stay nulls. A value that the other type can't hold is an error of the statement. Moments and dates become texts as ISO 8601 has
    /// them, at UTC, and are read of texts that begin with the year, whatever the settings of the session are.
    /// An `f32` or `f64` becomes the shortest text that is read as the same number, unless the role or database has an `extra_float_digits`
    /// below 1, which leaves digits out.
    fn cast<T>(self) -> Mapped<Self, <<Self::Value as Field>::Null as Nullness>::Of<T>>
    where
        T: Scalar,
        <Self::Value as Field>::Scalar: CastTo<T>,
    {
        let node = self.into_expr().node.known();
        let from = <<Self::Value as Field>::Scalar as Scalar>::SQL;
        Expr::new(Node::call(cast(from, T::SQL), vec![node]))
    }

    /// The value, or another where it is null.
    fn coalesce<O, By>(
        self,
        other: O,
    ) -> Combined<Self, O, By, <Self::Value as Field>::Scalar, O::Value>
    where
        Self::Value: Optional,
        O: Term<Self::Model, <Self::Value as Field>::Scalar, By>,
    {
        let node = self.into_expr().node;
        let other = other.into_term().node.beside(node.def());
        Expr::new(Node::call("coalesce($1, $2)", vec![node, other]))
    }

    /// The value, or null where it equals another.
    fn null_if<O, By>(
        self,
        other: O,
    ) -> Combined<Self, O, By, Self::Value, Option<<Self::Value as Field>::Scalar>>
    where
        O: Term<Self::Model, Self::Value, By>,
    {
        let node = self.into_expr().node.known();
        let other = other.into_term().node.beside(node.def());
        Expr::new(Node::call("nullif($1, $2)", vec![node, other]))
    }

    /// The greater of two values.
    fn greatest<O, By>(
        self,
        other: O,
    ) -> Combined<Self, O, By, Self::Value, Together<Self::Value, O::Value>>
    where
        O: Term<Self::Model, Self::Value, By>,
    {
        let node = self.into_expr().node.known();
        let other = other.into_term().node.beside(node.def());
        Expr::new(Node::call("greatest($1, $2)", vec![node, other]))
    }

    /// The lesser of two values.
    fn least<O, By>(
        self,
        other: O,
    ) -> Combined<Self, O, By, Self::Value, Together<Self::Value, O::Value>>
    where
        O: Term<Self::Model, Self::Value, By>,
    {
        let node = self.into_expr().node.known();
        let other = other.into_term().node.beside(node.def());
        Expr::new(Node::call("least($1, $2)", vec![node, other]))
    }
}

impl<E: Expression> Convert for E {}

/// A cast that gives the same in each session: those of PostgreSQL between times and texts follow `DateStyle` and `TimeZone`.
fn cast(from: SqlType, to: SqlType) -> Cow<'static, str> {
    match (from, to) {
        // JSON has times as ISO 8601 has them, with a `T` in between.
        (SqlType::Date | SqlType::Timestamp, SqlType::Text) => {
            "replace(to_json($1) #>> '{}', 'T', ' ')".into()
        }
        // A year before Christ is followed by the zone and then `BC`, and an infinite moment has no zone.
        (SqlType::TimestampTz, SqlType::Text) => {
            "regexp_replace(replace(to_json($1 AT TIME ZONE 'UTC') #>> '{}', 'T', ' '), \
             '^([0-9][^ ]* [^ ]*)', E'\\\\1+00')"
                .into()
        }
        // Which of `01/02/2026` is the month is a setting, and so is when `today` begins. A word in front makes it no time at all.
        (SqlType::Text, SqlType::Date | SqlType::Timestamp) => {
            format!("CAST(regexp_replace($1, '^(?! *[0-9]{{4}})', 'not ISO 8601: ') AS {to})")
                .into()
        }
        (SqlType::Text, SqlType::Time) => {
            format!("CAST(regexp_replace($1, '^(?! *[0-9])', 'not ISO 8601: ') AS {to})").into()
        }
        _ => format!("CAST($1 AS {to})").into(),
    }
}

/// A type whose values PostgreSQL casts to `T`.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` can't be cast to a `{T}`",
    label = "no cast of a `{Self}`",
    note = "numbers are cast to numbers, references to the type of the key, and most types to `String`"
)]
pub trait CastTo<T> {}

macro_rules! casts {
    ($($from:ty => $($to:ty),*;)*) => {
        $($(impl CastTo<$to> for $from {})*)*
    };
}

casts! {
    i16 => i16, i32, i64, f32, f64, String;
    i32 => i16, i32, i64, f32, f64, bool, String;
    i64 => i16, i32, i64, f32, f64, String;
    u8 => i16, i32, i64, u16, u32, f32, f64, String;
    u16 => i16, i32, i64, u32, f32, f64, String;
    u32 => i16, i32, i64, f32, f64, String;
    f32 => i16, i32, i64, f32, f64, String;
    f64 => i16, i32, i64, f32, f64, String;
    bool => i32, String;
    String => i16, i32, i64, f32, f64, bool, String;
}

// Of negative and too large numbers the value is an error when it is read.
casts! {
    i16 => u8, u16, u32;
    i32 => u8, u16, u32;
    i64 => u8, u16, u32;
    u8 => u8;
    u16 => u8, u16;
    u32 => u8, u16, u32;
    f32 => u8, u16, u32;
    f64 => u8, u16, u32;
    String => u8, u16, u32;
    NonZero<u8> => u8, u16, u32, i16, i32, i64, f32, f64, String;
    NonZero<u16> => u8, u16, u32, i16, i32, i64, f32, f64, String;
    NonZero<u32> => u8, u16, u32, i16, i32, i64, f32, f64, String;
}

#[cfg(feature = "decimal")]
casts! {
    NonZero<u8> => rust_decimal::Decimal;
    NonZero<u16> => rust_decimal::Decimal;
    NonZero<u32> => rust_decimal::Decimal;
    rust_decimal::Decimal => u8, u16, u32;
}

#[cfg(feature = "decimal")]
casts! {
    i16 => rust_decimal::Decimal;
    i32 => rust_decimal::Decimal;
    i64 => rust_decimal::Decimal;
    u8 => rust_decimal::Decimal;
    u16 => rust_decimal::Decimal;
    u32 => rust_decimal::Decimal;
    f32 => rust_decimal::Decimal;
    f64 => rust_decimal::Decimal;
    String => rust_decimal::Decimal;
    rust_decimal::Decimal => i16, i32, i64, f32, f64, String, rust_decimal::Decimal;
}

#[cfg(feature = "uuid")]
casts! {
    uuid::Uuid => String;
    String => uuid::Uuid;
}

#[cfg(feature = "jiff")]
casts! {
    jiff::Timestamp => String;
    jiff::civil::Date => String, jiff::civil::DateTime;
    jiff::civil::DateTime => String, jiff::civil::Date, jiff::civil::Time;
    jiff::civil::Time => String;
    String => jiff::civil::Date, jiff::civil::DateTime, jiff::civil::Time;
}

impl<M: Model> CastTo<M::Key> for Fk<M> {}

/// A value or an expression whose type shows by itself, over rows of `M`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a value nor an expression over rows of `{M}`",
    label = "no value, and nothing made of columns of `{M}`"
)]
pub trait Standalone<M: Model> {
    /// The type of its value.
    type Value: Field;
    /// The placement that a scope must reach to evaluate it.
    type Reach: Placement;
    /// Kind of the expression: computed from a row, or from a group.
    type Kind: Kind;

    #[doc(hidden)]
    fn into_standalone(self) -> Expr<M, Self::Value, Self::Reach, Self::Kind>;
}

impl<M: Model, T: Field> Standalone<M> for T {
    type Value = T;
    type Reach = SharedSchema;
    type Kind = Constant;

    fn into_standalone(self) -> Expr<M, T, SharedSchema, Constant> {
        Expr::new(Node::value(Operand::of(&self)))
    }
}

impl<M: Model> Standalone<M> for &str {
    type Value = String;
    type Reach = SharedSchema;
    type Kind = Constant;

    fn into_standalone(self) -> Expr<M, String, SharedSchema, Constant> {
        Expr::new(Node::value(Operand::of(&self.to_owned())))
    }
}

impl<M: Model, T: Field> Standalone<M> for Column<M, T> {
    type Value = T;
    type Reach = M::Placement;
    type Kind = Plain;

    fn into_standalone(self) -> Expr<M, T> {
        self.into_expr()
    }
}

impl<M: Model, T: Field, P: Placement, K: Kind> Standalone<M> for Expr<M, T, P, K> {
    type Value = T;
    type Reach = P;
    type Kind = K;

    fn into_standalone(self) -> Self {
        Self::new(self.node.known())
    }
}
