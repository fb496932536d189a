//! Values that can be given where a field's value is wanted.

use super::{Element, Scalar, Unbounded};
use crate::model::{Fk, Model};

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

/// A type of keys that `T` is a value of. It stands between, so that the compiler tells of a key of another type as of any
/// other value that is none.
pub trait KeyOf<T> {
    #[doc(hidden)]
    fn of(value: T) -> Self;
}

/// A key can stand for a reference with such a key. `#[derive(Column)]` does the same for newtypes.
macro_rules! keys {
    ($($(#[$feature:meta])? [$($lifetime:lifetime)?] $given:ty => $key:ty;)*) => {$(
        $(#[$feature])?
        impl<$($lifetime)?> KeyOf<$given> for $key {
            fn of(value: $given) -> Self {
                value.into()
            }
        }

        $(#[$feature])?
        #[diagnostic::do_not_recommend]
        impl<$($lifetime,)? M: Model<Key: KeyOf<$given>>> IntoValue<Fk<M>> for $given {
            fn into_value(self) -> Fk<M> {
                Fk::new(M::Key::of(self))
            }
        }

        $(#[$feature])?
        #[diagnostic::do_not_recommend]
        impl<$($lifetime,)? M: Model<Key: KeyOf<$given>>> IntoValue<Option<Fk<M>>> for $given {
            fn into_value(self) -> Option<Fk<M>> {
                Some(Fk::new(M::Key::of(self)))
            }
        }
    )*};
}

keys! {
    [] i16 => i16;
    [] i32 => i32;
    [] i64 => i64;
    [] String => String;
    ['a] &'a str => String;
    #[cfg(feature = "uuid")] [] uuid::Uuid => uuid::Uuid;
}
