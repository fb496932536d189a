//! Comparisons.

use sea_query::BinOper;

use super::operand::{Combined, Term};
use super::typed::{Expr, Expression, Mapped};
use crate::query::node::{Node, Operand};
use crate::value::{Field, IntoValue, Scalar};

/// Comparisons of a column or expression with a value, or with another expression of the same type.
#[allow(
    clippy::wrong_self_convention,
    reason = "what is asked is the database's to answer, and columns are given away"
)]
pub trait Compare: Expression {
    /// Tests whether it equals a value; given `None`, whether it is null.
    fn eq<O, By>(self, other: O) -> Combined<Self, O, By, Self::Value, bool>
    where
        O: Term<Self::Model, Self::Value, By>,
    {
        compared(self, BinOper::Equal, other)
    }

    /// Tests whether it differs from a value; given `None`, whether it is not null.
    ///
    /// A null does not differ from any value, as in SQL.
    fn ne<O, By>(self, other: O) -> Combined<Self, O, By, Self::Value, bool>
    where
        O: Term<Self::Model, Self::Value, By>,
    {
        compared(self, BinOper::NotEqual, other)
    }

    /// Tests whether it is less than a value.
    fn lt<O, By>(self, other: O) -> Combined<Self, O, By, Self::Value, bool>
    where
        O: Term<Self::Model, Self::Value, By>,
    {
        compared(self, BinOper::SmallerThan, other)
    }

    /// Tests whether it is less than a value, or equal to it.
    fn le<O, By>(self, other: O) -> Combined<Self, O, By, Self::Value, bool>
    where
        O: Term<Self::Model, Self::Value, By>,
    {
        compared(self, BinOper::SmallerThanOrEqual, other)
    }

    /// Tests whether it is greater than a value.
    fn gt<O, By>(self, other: O) -> Combined<Self, O, By, Self::Value, bool>
    where
        O: Term<Self::Model, Self::Value, By>,
    {
        compared(self, BinOper::GreaterThan, other)
    }

    /// Tests whether it is greater than a value, or equal to it.
    fn ge<O, By>(self, other: O) -> Combined<Self, O, By, Self::Value, bool>
    where
        O: Term<Self::Model, Self::Value, By>,
    {
        compared(self, BinOper::GreaterThanOrEqual, other)
    }

    /// Tests whether it differs from a value, where null is a value that differs from all others: it is never neither true nor false.
    fn is_distinct_from<O, By>(self, other: O) -> Combined<Self, O, By, Self::Value, bool>
    where
        O: Term<Self::Model, Self::Value, By>,
    {
        told_apart(self, "(($1) IS DISTINCT FROM ($2))", other)
    }

    /// Tests whether it equals a value, where null is a value that equals itself: it is never neither true nor false.
    fn is_not_distinct_from<O, By>(self, other: O) -> Combined<Self, O, By, Self::Value, bool>
    where
        O: Term<Self::Model, Self::Value, By>,
    {
        told_apart(self, "(($1) IS NOT DISTINCT FROM ($2))", other)
    }

    /// Tests whether it is one of some values; of none, it never is. `None` among them stands for null.
    fn is_in<V: IntoValue<Self::Value>>(
        self,
        values: impl IntoIterator<Item = V>,
    ) -> Mapped<Self, bool> {
        listed(self, values, false)
    }

    /// Tests whether it is none of some values. `None` among them leaves out the rows where it is null; so does any value, as with
    /// [`ne`](Self::ne).
    fn is_not_in<V: IntoValue<Self::Value>>(
        self,
        values: impl IntoIterator<Item = V>,
    ) -> Mapped<Self, bool> {
        listed(self, values, true)
    }

    /// Tests whether it is within two values, both included.
    fn between(
        self,
        low: impl IntoValue<Self::Value>,
        high: impl IntoValue<Self::Value>,
    ) -> Mapped<Self, bool> {
        let of = self.into_expr().node.known();
        let def = of.def();
        let low = Node::value(Operand::of(&low.into_value())).beside(def);
        let high = Node::value(Operand::of(&high.into_value())).beside(def);
        Expr::new(Node::Between(Box::new((of, low, high))))
    }

    /// Tests whether it is null.
    fn is_null(self) -> Mapped<Self, bool>
    where
        Self::Value: Optional,
    {
        Expr::new(Node::null(self.into_expr().node, false))
    }

    /// Tests whether it is not null.
    fn is_not_null(self) -> Mapped<Self, bool>
    where
        Self::Value: Optional,
    {
        Expr::new(Node::null(self.into_expr().node, true))
    }
}

impl<E: Expression> Compare for E {}

/// A field that can be null: an `Option`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is never null",
    label = "this is never null",
    note = "a field that can be null is an `Option<{Self}>`"
)]
pub trait Optional: Field {}
impl<T: Scalar> Optional for Option<T> {}

fn compared<E, O, By>(left: E, how: BinOper, right: O) -> Combined<E, O, By, E::Value, bool>
where
    E: Expression,
    O: Term<E::Model, E::Value, By>,
{
    let (left, right) = (left.into_expr().node.known(), right.into_term().node);
    Expr::new(match (&right, how) {
        (Node::Value { value, .. }, BinOper::Equal | BinOper::NotEqual) if value.is_null() => {
            Node::null(left, how == BinOper::NotEqual)
        }
        _ => Node::binary(left, how, right),
    })
}

fn told_apart<E, O, By>(left: E, sql: &'static str, right: O) -> Combined<E, O, By, E::Value, bool>
where
    E: Expression,
    O: Term<E::Model, E::Value, By>,
{
    let left = left.into_expr().node.known();
    let right = right.into_term().node.known().beside(left.def());
    Expr::new(Node::call(sql, vec![left, right]))
}

fn listed<E: Expression, V: IntoValue<E::Value>>(
    of: E,
    values: impl IntoIterator<Item = V>,
    negated: bool,
) -> Mapped<E, bool> {
    let of = of.into_expr().node.known();
    let values = values
        .into_iter()
        .map(|value| Operand::of(&value.into_value()));
    Expr::new(Node::In {
        sql: of.def().map_or(E::Value::TYPE.sql, |def| def.sql),
        of: Box::new(of),
        values: values.collect(),
        negated,
    })
}
