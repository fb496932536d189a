//! Values that can be given where a field's value is wanted.

use super::{Element, Scalar, Unbounded};

/// A value that can stand for a field of type `T`: in a condition, an assignment, or a new row.
///
/// A `T` can; a `&str` can for a `String`; a value can for an `Option` of it; an `i64` or a UUID can for a foreign
/// key with such a key.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` can't stand for a value of type `{T}`",
    label = "expected a value for `{T}`"
)]
pub trait IntoValue<T> {
    /// The value as a `T`.
    fn into_value(self) -> T;
}

impl<T> IntoValue<T> for T {
    fn into_value(self) -> T {
        self
    }
}

impl<T: Scalar> IntoValue<Option<T>> for T {
    fn into_value(self) -> Option<T> {
        Some(self)
    }
}

impl<T: Scalar> IntoValue<Unbounded<T>> for T {
    fn into_value(self) -> Unbounded<T> {
        Unbounded::At(self)
    }
}

impl IntoValue<String> for &str {
    fn into_value(self) -> String {
        self.to_owned()
    }
}

impl IntoValue<Option<String>> for &str {
    fn into_value(self) -> Option<String> {
        Some(self.to_owned())
    }
}

impl IntoValue<String> for &String {
    fn into_value(self) -> String {
        self.clone()
    }
}

impl IntoValue<Vec<u8>> for &[u8] {
    fn into_value(self) -> Vec<u8> {
        self.to_owned()
    }
}

impl<T: Element + Clone> IntoValue<Vec<T>> for &[T] {
    fn into_value(self) -> Vec<T> {
        self.to_owned()
    }
}
