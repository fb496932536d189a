//! Arithmetic.

use std::ops::{Add, Div, Mul, Neg, Rem, Sub};

use sea_query::BinOper;

use super::kind::{Constant, Kind, Plain};
use super::text::Together;
use super::typed::{Expr, Expression, Mapped};
use crate::model::{Column, Model, Placement, SharedSchema};
use crate::query::node::{Node, Operand};
use crate::value::{Field, Scalar};

/// A field that can be computed with: of type `i16`, `i32`, `i64`, `u8`, `u16`, `u32`, `f32`, `f64` or `Decimal`, or an `Option` of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no number",
    label = "this is no number",
    note = "`+`, `-`, `*`, `/` and functions of numbers are for fields of type `i16`, `i32`, `i64`, `u8`, `u16`, `u32`, `f32`, `f64` or `Decimal`; another is made one by `cast::<i64>()` and the like"
)]
pub trait Number: Field {}

/// A number whose division has a rest: of type `i16`, `i32`, `i64`, `u8`, `u16`, `u32` or `Decimal`.
#[diagnostic::on_unimplemented(
    message = "the division of a `{Self}` has no rest",
    label = "`%` is for whole numbers and decimals",
    note = "make it one by `cast::<i64>()` or `cast::<Decimal>()`"
)]
pub trait Divisible: Scalar {}
impl Divisible for i16 {}
impl Divisible for i32 {}
impl Divisible for i64 {}
impl Divisible for u8 {}
impl Divisible for u16 {}
impl Divisible for u32 {}
#[cfg(feature = "decimal")]
impl Divisible for rust_decimal::Decimal {}

/// A number, or an expression over rows of `M` that is one, to compute with where `T` is the type.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be computed with where a `{T}` of `{M}` is",
    label = "expected a `{T}`, or an expression of it over rows of `{M}`",
    note = "numbers of two types are made the same by `cast`, as in `{M}::COLUMN.cast::<i64>()`"
)]
pub trait Amount<M: Model, T: Field> {
    /// The type of its value.
    type Value: Field<Scalar = T::Scalar>;
    /// The placement that a scope must reach to evaluate it.
    type Reach: Placement;
    /// Kind of the expression: computed from a row, or from a group.
    type Kind: Kind;

    #[doc(hidden)]
    fn into_amount(self) -> Expr<M, Self::Value, Self::Reach, Self::Kind>;
}

/// A field of the same type as `T`, but for nulls.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` is no `{T}`, and they are computed with",
    label = "a `{T}` stands beside a `{Self}`",
    note = "numbers of two types are made the same by `cast`, as in `Model::COLUMN.cast::<i64>()`"
)]
pub trait Alike<T: Field>: Field<Scalar = <T as Field>::Scalar> {}
impl<T: Scalar> Alike<T> for T {}
impl<T: Scalar> Alike<Option<T>> for T {}
impl<T: Scalar> Alike<T> for Option<T> {}
impl<T: Scalar> Alike<Option<T>> for Option<T> {}

macro_rules! numbers {
    ($($number:ty),*) => {$(
        impl Number for $number {}
        impl Number for Option<$number> {}

        impl<M: Model> Amount<M, $number> for $number {
            type Value = $number;
            type Reach = SharedSchema;
            type Kind = Constant;

            fn into_amount(self) -> Expr<M, $number, SharedSchema, Constant> {
                Expr::new(Node::value(Operand::of(&self)))
            }
        }

        impl<M: Model> Amount<M, Option<$number>> for $number {
            type Value = $number;
            type Reach = SharedSchema;
            type Kind = Constant;

            fn into_amount(self) -> Expr<M, $number, SharedSchema, Constant> {
                Expr::new(Node::value(Operand::of(&self)))
            }
        }
    )*};
}

numbers!(i16, i32, i64, u8, u16, u32, f32, f64);
#[cfg(feature = "decimal")]
numbers!(rust_decimal::Decimal);

/// A number that can be negative.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no number that can be negative",
    label = "this has no negative values",
    note = "make it one that has by `cast::<i64>()`"
)]
pub trait Signed: Number {}

macro_rules! signed {
    ($($number:ty),*) => {$(
        impl Signed for $number {}
        impl Signed for Option<$number> {}
    )*};
}

signed!(i16, i32, i64, f32, f64);
#[cfg(feature = "decimal")]
signed!(rust_decimal::Decimal);

impl<M: Model, T: Number, U: Alike<T>> Amount<M, T> for Column<M, U> {
    type Value = U;
    type Reach = M::Placement;
    type Kind = Plain;

    fn into_amount(self) -> Expr<M, U> {
        self.into_expr()
    }
}

impl<M: Model, T: Number, U: Alike<T>, P: Placement, K: Kind> Amount<M, T> for Expr<M, U, P, K> {
    type Value = U;
    type Reach = P;
    type Kind = K;

    fn into_amount(self) -> Self {
        self
    }
}

type Computed<M, T, P, K, A> = Expr<
    M,
    Together<T, <A as Amount<M, T>>::Value>,
    <P as Placement>::With<<A as Amount<M, T>>::Reach>,
    <K as Kind>::With<<A as Amount<M, T>>::Kind>,
>;

macro_rules! operators {
    ($($operator:ident, $method:ident;)*) => {$(
        impl<M: Model, T: Field, P: Placement, K: Kind, A: Amount<M, T>> $operator<A>
            for Expr<M, T, P, K>
        {
            type Output = Computed<M, T, P, K, A>;

            fn $method(self, other: A) -> Self::Output {
                Expr::new(Node::binary(self.node, BinOper::$operator, other.into_amount().node))
            }
        }

        impl<M: Model, T: Field, A: Amount<M, T>> $operator<A> for Column<M, T> {
            type Output = Computed<M, T, M::Placement, Plain, A>;

            fn $method(self, other: A) -> Self::Output {
                self.into_expr().$method(other)
            }
        }
    )*};
}

operators! {
    Add, add;
    Sub, sub;
    Mul, mul;
    Div, div;
}

impl<M: Model, T: Field, P: Placement, K: Kind, A: Amount<M, T>> Rem<A> for Expr<M, T, P, K>
where
    T::Scalar: Divisible,
{
    type Output = Computed<M, T, P, K, A>;

    fn rem(self, other: A) -> Self::Output {
        let parts = (self.node, other.into_amount().node);
        Expr::new(Node::binary(parts.0, BinOper::Mod, parts.1))
    }
}

impl<M: Model, T: Field, A: Amount<M, T>> Rem<A> for Column<M, T>
where
    T::Scalar: Divisible,
{
    type Output = Computed<M, T, M::Placement, Plain, A>;

    fn rem(self, other: A) -> Self::Output {
        self.into_expr().rem(other)
    }
}

impl<M: Model, T: Signed, P: Placement, K: Kind> Neg for Expr<M, T, P, K> {
    type Output = Expr<M, T, P, <K as Kind>::With<Constant>>;

    fn neg(self) -> Self::Output {
        Expr::new(Node::call("- ($1)", vec![self.node]))
    }
}

impl<M: Model, T: Signed> Neg for Column<M, T> {
    type Output = Expr<M, T>;

    fn neg(self) -> Self::Output {
        self.into_expr().neg()
    }
}

/// Functions of numbers.
pub trait Numbers: Expression {
    /// The number without its sign.
    fn abs(self) -> Mapped<Self, Self::Value>
    where
        Self::Value: Number,
    {
        computed("abs($1)", self)
    }

    /// The nearest whole number; of two that are as near, that farther from zero for a `Decimal`, and the even one for a float.
    fn round(self) -> Mapped<Self, Self::Value>
    where
        Self::Value: Number,
    {
        whole("round($1)", self)
    }

    /// The nearest number of so many places behind the point.
    #[cfg(feature = "decimal")]
    fn round_to(self, places: u8) -> Mapped<Self, Self::Value>
    where
        Self::Value: Field<Scalar = rust_decimal::Decimal>,
    {
        let node = self.into_expr().node;
        Expr::new(Node::call(format!("round($1, {places})"), vec![node]))
    }

    /// The greatest whole number that is not above it.
    fn floor(self) -> Mapped<Self, Self::Value>
    where
        Self::Value: Number,
    {
        whole("floor($1)", self)
    }

    /// The least whole number that is not below it.
    fn ceil(self) -> Mapped<Self, Self::Value>
    where
        Self::Value: Number,
    {
        whole("ceil($1)", self)
    }
}

impl<E: Expression> Numbers for E {}

/// A function that makes a number whole, which some are already: of these PostgreSQL would make floats first.
fn whole<E: Expression>(function: &'static str, number: E) -> Mapped<E, E::Value> {
    let sql = <<E::Value as Field>::Scalar as Scalar>::SQL;
    if sql.is_integer() {
        Expr::new(number.into_expr().node)
    } else {
        computed(function, number)
    }
}

/// A function of a number that gives one of the same type: of whole numbers PostgreSQL makes others first.
fn computed<E: Expression>(function: &'static str, number: E) -> Mapped<E, E::Value> {
    let sql = <<E::Value as Field>::Scalar as Scalar>::SQL;
    let call = Node::call(function, vec![number.into_expr().node]);
    Expr::new(Node::call(format!("CAST($1 AS {sql})"), vec![call]))
}
