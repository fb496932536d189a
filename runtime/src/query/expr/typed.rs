//! The type of expressions.

use std::fmt;
use std::marker::PhantomData;

use super::kind::{Constant, Kind, Plain};
use crate::model::{Column, Model, Placement};
use crate::query::node::Node;
use crate::value::Field;

/// An expression over rows of `M` with the value `T`: a column, a value, or what is computed from them.
///
/// `P` is the placement that a scope must reach to evaluate it, and `K` says whether it is computed from each row or from groups of
/// rows. A condition is an expression of `bool`. Its methods are those of the traits of this module, which the prelude has.
pub struct Expr<M: Model, T, P = <M as Model>::Placement, K = Plain> {
    pub(crate) node: Node,
    marker: PhantomData<fn() -> (M, T, P, K)>,
}

impl<M: Model, T, P, K> Expr<M, T, P, K> {
    pub(crate) fn new(node: Node) -> Self {
        Self {
            node: node.bounded(),
            marker: PhantomData,
        }
    }
}

impl<M: Model, T, P, K> Clone for Expr<M, T, P, K> {
    fn clone(&self) -> Self {
        Self::new(self.node.clone())
    }
}

impl<M: Model, T, P, K> fmt::Debug for Expr<M, T, P, K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expr").field(&self.node).finish()
    }
}

/// A [`Column`], or an [`Expr`] made of columns.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no expression over columns",
    label = "no column, and nothing made of columns",
    note = "an expression is made of columns, as in `Model::COLUMN.eq(value)` or `Model::COLUMN + 1`",
    note = "of an embedded struct each field is a column: `Model::STRUCT_FIELD`"
)]
pub trait Expression: sealed::Sealed + Sized {
    /// The model whose rows it is computed from.
    type Model: Model;
    /// The type of its value.
    type Value: Field;
    /// The placement that a scope must reach to evaluate it.
    type Reach: Placement;
    /// Kind of the expression: computed from a row, or from a group.
    type Kind: Kind;

    /// The expression as such.
    fn into_expr(self) -> Expr<Self::Model, Self::Value, Self::Reach, Self::Kind>;
}

mod sealed {
    pub trait Sealed {}
    impl<M, T> Sealed for super::Column<M, T> {}
    impl<M: super::Model, T, P, K> Sealed for super::Expr<M, T, P, K> {}
}

impl<M: Model, T: Field> Expression for Column<M, T> {
    type Model = M;
    type Value = T;
    type Reach = M::Placement;
    type Kind = Plain;

    fn into_expr(self) -> Expr<M, T> {
        Expr::new(Node::Column(self.def()))
    }
}

impl<M: Model, T: Field, P: Placement, K: Kind> Expression for Expr<M, T, P, K> {
    type Model = M;
    type Value = T;
    type Reach = P;
    type Kind = K;

    fn into_expr(self) -> Self {
        self
    }
}

/// An expression of the value `T` over what `E` is computed from.
pub type Mapped<E, T> = Expr<
    <E as Expression>::Model,
    T,
    <E as Expression>::Reach,
    <<E as Expression>::Kind as Kind>::With<Constant>,
>;
