//! Values that stand for the key of a row.

use std::num::NonZero;

use super::{Fk, Model};
use crate::name::TenantKey;
use crate::value::IntoValue;

/// A value that finds a row of `M`: one of its key's type, an [`Fk`], or a [`Stored`](crate::Stored) row.
#[diagnostic::on_unimplemented(
    message = "a `{Self}` is no key of `{M}`",
    label = "not the key of a `{M}`",
    note = "a row is found by a value of its key's type, by an `Fk<{M}>`, or by a row of it, `&Stored<{M}>`; by other columns with `{M}::query().filter(..)`"
)]
pub trait IntoKey<M: Model> {
    /// The value as a reference.
    fn into_key(self) -> Fk<M>;
}

#[diagnostic::do_not_recommend]
impl<M: Model, T: IntoValue<Fk<M>>> IntoKey<M> for T {
    fn into_key(self) -> Fk<M> {
        self.into_value()
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
    [] u8 => u8;
    [] u16 => u16;
    [] u32 => u32;
    [] NonZero<u8> => NonZero<u8>;
    [] NonZero<u16> => NonZero<u16>;
    [] NonZero<u32> => NonZero<u32>;
    [] String => String;
    ['a] &'a str => String;
    [] TenantKey => TenantKey;
    ['a] &'a TenantKey => TenantKey;
    #[cfg(feature = "uuid")] [] uuid::Uuid => uuid::Uuid;
}
