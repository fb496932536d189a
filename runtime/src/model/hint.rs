//! Types of models' fields, each declared in one place, with advice on those that are none.
//!
//! A wrong type is told where it is declared, and nowhere else: all other code that the macros make for a field depends on
//! the declaration being there, and not on its type.
//!
//! The macros can't refuse a type for its name, since an application may have its own of that name. So where a field's
//! type is spelt like a well-known one, it is declared in the module of that kind, whose trait is that of all fields and
//! differs by what the compiler says if the type is none.

use crate::value::{Cells, DecodeError, Field, FieldType, Param};

/// The functions that depend on the declaration of a type. `AT` is the field's position.
macro_rules! functions {
    () => {
        functions!(impl Cells);
    };
    ($row:ty) => {
        /// Returns what the type says of its column.
        pub const fn ty<M: Row<AT>, const AT: usize>() -> FieldType {
            M::Type::TYPE
        }

        /// Returns a value as a parameter.
        ///
        /// # Errors
        ///
        /// When PostgreSQL has no such value.
        #[inline]
        pub fn to_param<M: Row<AT>, const AT: usize>(
            value: &M::Type,
        ) -> Result<Param, DecodeError> {
            value.to_param()
        }

        /// Reads the next value of a row.
        ///
        /// # Errors
        ///
        /// When it is none of the type.
        #[inline]
        pub fn take<M: Row<AT>, const AT: usize>(row: &mut $row) -> Result<M::Type, DecodeError> {
            M::Type::take(row)
        }
    };
}

/// A trait of all fields' types. It repeats what it needs of [`Field`] and does not stand below it, since the compiler would
/// tell of both.
macro_rules! hints {
    ($($(#[$doc:meta])* $name:ident: $($note:tt),+;)*) => {$(
        $(#[$doc])*
        #[diagnostic::on_unimplemented(
            message = "`{Self}` can't be the type of a model's field",
            label = "not a PostgreSQL value",
            $(note = $note),+
        )]
        pub trait $name: Sized + 'static {
            #[doc(hidden)]
            const TYPE: FieldType;

            #[doc(hidden)]
            fn to_param(&self) -> Result<Param, DecodeError>;

            #[doc(hidden)]
            fn take(row: &mut impl Cells) -> Result<Self, DecodeError>;
        }

        #[diagnostic::do_not_recommend]
        impl<T: Field> $name for T {
            const TYPE: FieldType = <T as Field>::TYPE;

            #[inline]
            fn to_param(&self) -> Result<Param, DecodeError> {
                Field::to_param(self)
            }

            #[inline]
            fn take(row: &mut impl Cells) -> Result<Self, DecodeError> {
                row.take()
            }
        }
    )*};
}

hints! {
    /// Any other type.
    Other: "derive it with `#[derive(Column)]` for an enum without fields or a newtype, store it as `Json<{Self}>`, reference a model with `Fk<{Self}>`, or make columns of its fields with `#[derive(Embedded)]` and `#[field(embed)]`",
        "times, decimals and UUIDs need tenantry's feature of their crate's name: `jiff`, `chrono`, `time`, `decimal`, `uuid`";
    /// Maps of keys to values.
    Map: "a map is stored as JSON: write `Json<...>` around it";
    /// Sets and lists other than `Vec`.
    List: "a list is an array: write `Vec<...>`, or store it as `Json<...>`";
    /// A clock's time.
    Clock: "a point in time is a `Timestamp`: write `Timestamp`, of feature `jiff`, or the type of `chrono` or `time`, with tenantry's feature of that name";
    /// A length of time.
    Length: "a length of time is a number: write `i64`, and say in the field's name what is counted, as `timeout_ms`";
    /// Pointers to a value.
    Pointer: "a row owns its values: write the type inside without the pointer, or `Json<...>` for a value of another shape";
    /// Cells and locks.
    Cell: "a row is changed by `save`: write the type inside without the cell or lock";
    /// Types with a form as text.
    Textual: "it has a form as text: write `String`, or a newtype of one with `#[derive(Column)]`";
    /// Bytes.
    Bytes: "bytes are a `Vec<u8>`: write `Vec<u8>`";
    /// Integers that are not zero or that wrap.
    Number: "a whole number is an `i16`, `i32` or `i64`, or a `u8`, `u16` or `u32`: write that, and `#[field(check = \"... > 0\")]` for what else holds";
    /// Numbers of any size.
    Big: "a number of many digits is a `Decimal`: write `Decimal`, of tenantry's feature `decimal`";
    /// Times, dates, decimals and UUIDs of other crates.
    Foreign: "times, decimals and UUIDs need tenantry's feature of their crate's name, `jiff`, `chrono`, `time`, `decimal` or `uuid`, and a time has no zone but UTC: `Timestamp` or `DateTime<Utc>`";
    /// Values as JSON.
    Document: "what is stored as JSON is written and read by serde: write `#[derive(serde::Serialize, serde::Deserialize)]` above the type inside of `Json<...>`";
}

/// Any other type.
pub mod field {
    use super::{Cells, DecodeError, FieldType, Other, Param};

    /// The type of a model's field.
    pub trait Row<const AT: usize> {
        /// The type.
        type Type: Other;
    }

    functions!();
}

/// Parts of a key of several fields.
pub mod part {
    use crate::model::{Key, RowReader};
    use crate::value::{DecodeError, FieldType, Param};

    /// The type of a model's field.
    pub trait Row<const AT: usize> {
        /// The type.
        type Type: Key;
    }

    functions!(RowReader<'_>);

    /// Returns the same value again.
    #[inline]
    pub fn duplicate<M: Row<AT>, const AT: usize>(value: &M::Type) -> M::Type {
        value.duplicate()
    }
}

/// Maps of keys to values.
pub mod map {
    use super::{Cells, DecodeError, FieldType, Map, Param};

    /// The type of a model's field.
    pub trait Row<const AT: usize> {
        /// The type.
        type Type: Map;
    }

    functions!();
}

/// Sets and lists other than `Vec`.
pub mod list {
    use super::{Cells, DecodeError, FieldType, List, Param};

    /// The type of a model's field.
    pub trait Row<const AT: usize> {
        /// The type.
        type Type: List;
    }

    functions!();
}

/// A clock's time.
pub mod clock {
    use super::{Cells, Clock, DecodeError, FieldType, Param};

    /// The type of a model's field.
    pub trait Row<const AT: usize> {
        /// The type.
        type Type: Clock;
    }

    functions!();
}

/// A length of time.
pub mod length {
    use super::{Cells, DecodeError, FieldType, Length, Param};

    /// The type of a model's field.
    pub trait Row<const AT: usize> {
        /// The type.
        type Type: Length;
    }

    functions!();
}

/// Pointers to a value.
pub mod pointer {
    use super::{Cells, DecodeError, FieldType, Param, Pointer};

    /// The type of a model's field.
    pub trait Row<const AT: usize> {
        /// The type.
        type Type: Pointer;
    }

    functions!();
}

/// Cells and locks.
pub mod cell {
    use super::{Cell, Cells, DecodeError, FieldType, Param};

    /// The type of a model's field.
    pub trait Row<const AT: usize> {
        /// The type.
        type Type: Cell;
    }

    functions!();
}

/// Types with a form as text.
pub mod textual {
    use super::{Cells, DecodeError, FieldType, Param, Textual};

    /// The type of a model's field.
    pub trait Row<const AT: usize> {
        /// The type.
        type Type: Textual;
    }

    functions!();
}

/// Bytes.
pub mod bytes {
    use super::{Bytes, Cells, DecodeError, FieldType, Param};

    /// The type of a model's field.
    pub trait Row<const AT: usize> {
        /// The type.
        type Type: Bytes;
    }

    functions!();
}

/// Integers that are not zero or that wrap.
pub mod number {
    use super::{Cells, DecodeError, FieldType, Number, Param};

    /// The type of a model's field.
    pub trait Row<const AT: usize> {
        /// The type.
        type Type: Number;
    }

    functions!();
}

/// Numbers of any size.
pub mod big {
    use super::{Big, Cells, DecodeError, FieldType, Param};

    /// The type of a model's field.
    pub trait Row<const AT: usize> {
        /// The type.
        type Type: Big;
    }

    functions!();
}

/// Times, dates, decimals and UUIDs of other crates.
pub mod foreign {
    use super::{Cells, DecodeError, FieldType, Foreign, Param};

    /// The type of a model's field.
    pub trait Row<const AT: usize> {
        /// The type.
        type Type: Foreign;
    }

    functions!();
}

/// Values as JSON.
pub mod document {
    use super::{Cells, DecodeError, Document, FieldType, Param};

    /// The type of a model's field.
    pub trait Row<const AT: usize> {
        /// The type.
        type Type: Document;
    }

    functions!();
}

/// Embedded structs within others.
pub mod embedded {
    use crate::model::Embedded;

    /// The struct whose fields are columns from a position on.
    pub trait Row<const AT: usize> {
        /// The struct.
        type Type: Embedded;
    }
}

/// A foreign key's type, of which the compiler says itself that it references no model.
///
/// Where it does, [`Here`](reference::Here) has the functions; where not, those of [`Nowhere`](reference::Nowhere) are
/// found, which never run.
pub mod reference {
    use std::marker::PhantomData;

    use crate::value::{Cells, DecodeError, Field, FieldType, Param, SqlType};

    /// The type of a model's field.
    pub trait Row<const AT: usize> {
        /// The type.
        type Type;
    }

    /// A type, for what depends on it.
    #[derive(Debug)]
    pub struct Here<T>(PhantomData<T>);

    impl<T: Field> Here<T> {
        /// The facts that the type gives of its column.
        pub const TYPE: FieldType = T::TYPE;

        /// Returns a value as a parameter.
        ///
        /// # Errors
        ///
        /// As [`Field::to_param`].
        #[inline]
        pub fn to_param(value: &T) -> Result<Param, DecodeError> {
            value.to_param()
        }

        /// Reads the next value of a row.
        ///
        /// # Errors
        ///
        /// As [`Field::from_raw`].
        #[inline]
        pub fn take(row: &mut impl Cells) -> Result<T, DecodeError> {
            row.take()
        }
    }

    /// The same in a program that does not compile.
    pub trait Nowhere<T> {
        /// The same as that of any type.
        const TYPE: FieldType = FieldType {
            sql: SqlType::Text,
            nullable: false,
            labels: None,
            item_labels: None,
            null_items: false,
            last_second: None,
            range: None,
            references: None,
        };

        /// Panics if it is called, which no program that compiles does.
        ///
        /// # Errors
        ///
        /// None.
        fn to_param(_: &T) -> Result<Param, DecodeError> {
            unreachable!("the program does not compile")
        }

        /// Panics if it is called, which no program that compiles does.
        ///
        /// # Errors
        ///
        /// None.
        fn take(_: &mut impl Cells) -> Result<T, DecodeError> {
            unreachable!("the program does not compile")
        }
    }

    impl<T> Nowhere<T> for Here<T> {}
}
