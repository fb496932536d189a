//! Conditions: expressions of `bool`.

use std::ops::{BitAnd, BitOr, Not};

use super::kind::{Constant, Kind, Plain};
use super::typed::Expr;
use crate::model::{Column, Model, Placement};
use crate::query::node::Node;
use crate::value::Field;

/// A condition on rows of `M`: an [`Expr`] of `bool`, and nothing else.
///
/// Conditions combine with `&`, `|` and `!`. As in SQL, a comparison with a null is neither true nor false.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no condition on rows of `{M}`",
    label = "no condition on rows of `{M}`",
    note = "a condition is made of a column of `{M}`, as in `{M}::COLUMN.eq(value)`; values are compared with `eq`, `ne`, `lt`, `le`, `gt` and `ge`, and conditions combined with `&`, `|` and `!`: `==`, `<` and `&&` are the program's own",
    note = "a condition on a row that `{M}` references is given to the foreign key: `{M}::COLUMN.on(condition)`"
)]
pub trait Condition<M: Model>: sealed::Sealed {
    /// The placement that a scope must reach to evaluate it.
    type Reach: Placement;
    /// Kind of the expression: computed from a row, or from a group.
    type Kind: Kind;

    #[doc(hidden)]
    fn into_condition(self) -> Expr<M, bool, Self::Reach, Self::Kind>;
}

mod sealed {
    pub trait Sealed {}
    impl<M, T> Sealed for super::Column<M, T> {}
    impl<M: super::Model, T, P, K> Sealed for super::Expr<M, T, P, K> {}
}

/// A field that is true or not: `bool` or `Option<bool>`, where null counts as not.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is neither true nor false",
    label = "this is no condition",
    note = "a column is compared with `eq`, `ne`, `lt`, `le`, `gt` or `ge`; one of type `bool` is a condition by itself"
)]
pub trait Truth: Field {}
impl Truth for bool {}
impl Truth for Option<bool> {}

#[diagnostic::do_not_recommend]
impl<M: Model, T: Truth> Condition<M> for Column<M, T> {
    type Reach = M::Placement;
    type Kind = Plain;

    fn into_condition(self) -> Expr<M, bool> {
        Expr::new(Node::Column(self.def()))
    }
}

#[diagnostic::do_not_recommend]
impl<M: Model, T: Truth, P: Placement, K: Kind> Condition<M> for Expr<M, T, P, K> {
    type Reach = P;
    type Kind = K;

    fn into_condition(self) -> Expr<M, bool, P, K> {
        Expr::new(self.node)
    }
}

impl<M: Model> Expr<M, bool> {
    pub(crate) fn always() -> Self {
        Self::new(Node::Constant("TRUE"))
    }
}

fn both(left: Node, right: Node) -> Node {
    match (left, right) {
        (Node::And(mut left), right) => {
            left.push(right);
            Node::And(left)
        }
        // A list that grows at its beginning stays flat.
        (left, Node::And(mut right)) if left.is_shallow() => {
            right.insert(0, left);
            Node::And(right)
        }
        (left, right) => Node::And(vec![left, right]),
    }
}

fn either(left: Node, right: Node) -> Node {
    match (left, right) {
        (Node::Or(mut left), right) => {
            left.push(right);
            Node::Or(left)
        }
        (left, Node::Or(mut right)) if left.is_shallow() => {
            right.insert(0, left);
            Node::Or(right)
        }
        (left, right) => Node::Or(vec![left, right]),
    }
}

type Joined<M, P, K, C> = Expr<
    M,
    bool,
    <P as Placement>::With<<C as Condition<M>>::Reach>,
    <K as Kind>::With<<C as Condition<M>>::Kind>,
>;

macro_rules! operators {
    ($($operator:ident, $method:ident, $join:ident;)*) => {$(
        impl<M: Model, T: Truth, P: Placement, K: Kind, C: Condition<M>> $operator<C>
            for Expr<M, T, P, K>
        {
            type Output = Joined<M, P, K, C>;

            fn $method(self, other: C) -> Self::Output {
                Expr::new($join(self.node, other.into_condition().node))
            }
        }

        impl<M: Model, T: Truth, C: Condition<M>> $operator<C> for Column<M, T> {
            type Output = Joined<M, M::Placement, Plain, C>;

            fn $method(self, other: C) -> Self::Output {
                Expr::new($join(Node::Column(self.def()), other.into_condition().node))
            }
        }
    )*};
}

operators! {
    BitAnd, bitand, both;
    BitOr, bitor, either;
}

impl<M: Model, T: Truth, P: Placement, K: Kind> Not for Expr<M, T, P, K> {
    type Output = Expr<M, bool, P, <K as Kind>::With<Constant>>;

    fn not(self) -> Self::Output {
        Expr::new(Node::Not(Box::new(self.node)))
    }
}

impl<M: Model, T: Truth> Not for Column<M, T> {
    type Output = Expr<M, bool>;

    fn not(self) -> Self::Output {
        Expr::new(Node::Not(Box::new(Node::Column(self.def()))))
    }
}
