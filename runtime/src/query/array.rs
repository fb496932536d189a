//! Conditions on the elements of an array.

use super::expr::{Expr, Expression, Mapped};
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
}

impl<E: Expression> Arrays for E {}
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
