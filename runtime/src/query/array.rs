//! Conditions on the elements of an array.

use sea_query::extension::postgres::PgBinOper;

use super::expr::{Combined, Expr, Expression, Mapped, Term};
use super::node::{Node, Operand};
use crate::value::{Element, Field, IntoValue};

/// Conditions on arrays.
pub trait Arrays: Expression {
    /// Tests whether the array has a value among its elements.
    fn has<V: ElementOf<Self::Value>>(self, value: V) -> Mapped<Self, bool> {
        let array = self.into_expr().node;
        let value = Node::value(Operand::of(&value.into_element())).beside(array.def());
        Expr::new(Node::Has(Box::new((array, value))))
    }

    /// Tests whether the array has all elements of another.
    fn has_all<O, By>(self, other: O) -> Combined<Self, O, By, Self::Value, bool>
    where
        Self::Value: Array,
        O: Term<Self::Model, Self::Value, By>,
    {
        let (left, right) = (self.into_expr().node, other.into_term().node);
        Expr::new(Node::binary(left, PgBinOper::Contains, right))
    }

    /// Tests whether the array has any element of another.
    fn has_any<O, By>(self, other: O) -> Combined<Self, O, By, Self::Value, bool>
    where
        Self::Value: Array,
        O: Term<Self::Model, Self::Value, By>,
    {
        let (left, right) = (self.into_expr().node, other.into_term().node);
        Expr::new(Node::binary(left, PgBinOper::Overlap, right))
    }
}

impl<E: Expression> Arrays for E {}

/// A field that holds an array.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no array",
    label = "this holds no array",
    note = "elements are looked for in fields of type `Vec<...>` or `Option<Vec<...>>`"
)]
pub trait Array: Field {}
impl<T: Element> Array for Vec<T> {}
impl<T: Element> Array for Vec<Option<T>> {}
impl<T: Element> Array for Option<Vec<T>> {}
/// A value that an array of type `T` can have among its elements.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` is no element of a `{T}`",
    label = "not an element of a `{T}`",
    note = "`has` looks for a value in a field of type `Vec<...>`; another field is compared with `eq` or `is_in`, and rows that reference one are asked about with `Model::INVERSE.any(condition)`"
)]
pub trait ElementOf<T>: sealed::Sealed<T> {
    /// Type of the elements.
    #[doc(hidden)]
    type Element: Field;

    #[doc(hidden)]
    fn into_element(self) -> Self::Element;
}

mod sealed {
    pub trait Sealed<T> {}
    impl<T: super::Element, V: super::IntoValue<T>> Sealed<Vec<T>> for V {}
}

impl<T: Element, V: IntoValue<T>> ElementOf<Vec<T>> for V {
    type Element = T;

    fn into_element(self) -> T {
        self.into_value()
    }
}
