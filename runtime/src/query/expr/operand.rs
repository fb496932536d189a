//! Values and expressions where either can stand.

use super::kind::{Constant, Kind, Plain};
use super::typed::{Expr, Expression};
use crate::model::{Column, Model, Placement, SharedSchema};
use crate::query::node::{Node, Operand};
use crate::value::{Field, IntoValue};

/// A value, or an expression over rows of `M`, where one of type `T` belongs.
///
/// `By` is [`ByValue`] or [`ByExpression`], which the compiler finds by itself.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither a value of type `{T}` nor an expression of it over rows of `{M}`",
    label = "expected a `{T}`, or an expression of it over rows of `{M}`",
    note = "a column of a row that `{M}` references is reached through the foreign key: `{M}::COLUMN.to(Other::COLUMN)`",
    note = "an expression of another type is turned into a `{T}` by `cast`"
)]
pub trait Term<M: Model, T: Field, By> {
    /// The type of its value.
    type Value: Field<Scalar = T::Scalar>;
    /// The placement that a scope must reach to evaluate it.
    type Reach: Placement;
    /// Kind of the expression: computed from a row, or from a group.
    type Kind: Kind;

    /// The expression.
    fn into_term(self) -> Expr<M, Self::Value, Self::Reach, Self::Kind>;
}

/// Marks a [`Term`] that is a value.
#[derive(Debug, Clone, Copy)]
pub enum ByValue {}

/// Marks a [`Term`] that is an expression.
#[derive(Debug, Clone, Copy)]
pub enum ByExpression {}

#[diagnostic::do_not_recommend]
impl<M: Model, T: Field, V: IntoValue<T>> Term<M, T, ByValue> for V {
    type Value = T;
    type Reach = SharedSchema;
    type Kind = Constant;

    fn into_term(self) -> Expr<M, T, SharedSchema, Constant> {
        Expr::new(Node::value(Operand::of(&self.into_value())))
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, T: Field, U: Field<Scalar = T::Scalar>> Term<M, T, ByExpression> for Column<M, U> {
    type Value = U;
    type Reach = M::Placement;
    type Kind = Plain;

    fn into_term(self) -> Expr<M, U> {
        Expr::new(Node::Column(self.def()))
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, T: Field, U: Field<Scalar = T::Scalar>, P: Placement, K: Kind>
    Term<M, T, ByExpression> for Expr<M, U, P, K>
{
    type Value = U;
    type Reach = P;
    type Kind = K;

    fn into_term(self) -> Self {
        Self::new(self.node.known())
    }
}

/// An expression of the value `T` over what `E` and `O` are computed from; `O` stands for a value of type `V`.
pub type Combined<E, O, By, V, T> = Expr<
    <E as Expression>::Model,
    T,
    <<E as Expression>::Reach as Placement>::With<
        <O as Term<<E as Expression>::Model, V, By>>::Reach,
    >,
    <<E as Expression>::Kind as Kind>::With<<O as Term<<E as Expression>::Model, V, By>>::Kind>,
>;
