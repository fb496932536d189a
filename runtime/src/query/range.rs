//! Conditions on ranges.

use sea_query::extension::postgres::PgBinOper;

use super::expr::{Combined, Expr, Expression, Mapped, Term};
use super::node::{Node, Operand};
use crate::value::{Field, IntoValue, Range};

/// A field that holds a range: `Range<T>` or `Option<Range<T>>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no range",
    label = "this holds no range",
    note = "`covers` and `overlaps` ask about fields of type `Range<...>` or `Option<Range<...>>`"
)]
pub trait RangeField: Field {
    /// The values in it.
    type Item: Field;
}

impl<T: Field> RangeField for Range<T>
where
    Self: Field,
{
    type Item = T;
}

impl<T: Field> RangeField for Option<Range<T>>
where
    Self: Field,
{
    type Item = T;
}

/// Conditions on ranges.
pub trait Ranges: Expression {
    /// Tests whether a value is in the range.
    fn covers<V>(self, value: V) -> Mapped<Self, bool>
    where
        Self::Value: RangeField,
        V: IntoValue<<Self::Value as RangeField>::Item>,
    {
        let value = Node::value(Operand::of(&value.into_value()));
        Expr::new(Node::binary(
            self.into_expr().node,
            PgBinOper::Contains,
            value,
        ))
    }

    /// Tests whether the range has any value of another.
    fn overlaps<O, By>(self, other: O) -> Combined<Self, O, By, Self::Value, bool>
    where
        Self::Value: RangeField,
        O: Term<Self::Model, Self::Value, By>,
    {
        let (left, right) = (self.into_expr().node, other.into_term().node);
        Expr::new(Node::binary(left, PgBinOper::Overlap, right))
    }
}

impl<E: Expression> Ranges for E {}
