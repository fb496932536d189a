//! Conditions on the elements of an array.

use super::condition::Expr;
use super::node::{Node, Operand};
use crate::model::{Column, Model};
use crate::value::{Element, Field, IntoValue};

impl<M: Model, T: Field> Column<M, T> {
    /// Tests whether the array has a value among its elements.
    pub fn has<V: ElementOf<T>>(self, value: V) -> Expr<M> {
        Expr::new(Node::Has {
            column: self.def(),
            value: Operand::of(&value.into_element()),
        })
    }
}

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
