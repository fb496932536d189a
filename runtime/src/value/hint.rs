//! Advice in place of well-known types that are no values.
//!
//! The macros can't refuse a type for its name, since an application may have its own of that name. So where a field's
//! type is spelt like a well-known one, they name one of these traits in place of [`Field`]: each is implemented for all
//! fields, and differs by what the compiler says if the type is none.

use super::{DecodeError, Field, FieldType, Param};
use crate::model::RowReader;

macro_rules! hints {
    ($($(#[$doc:meta])* $name:ident: $note:tt;)*) => {$(
        $(#[$doc])*
        #[diagnostic::on_unimplemented(
            message = "`{Self}` can't be the type of a model's field",
            label = "not a PostgreSQL value",
            note = $note
        )]
        pub trait $name: Sized + Send + Sync + 'static {
            #[doc(hidden)]
            type Key;
            #[doc(hidden)]
            const TYPE: FieldType;

            /// The value as a parameter.
            ///
            /// # Errors
            ///
            /// As [`Field::to_param`].
            fn to_param(&self) -> Result<Param, DecodeError>;

            /// Reads the next value of a row.
            ///
            /// # Errors
            ///
            /// As [`Field::take`].
            fn take(row: &mut RowReader<'_>) -> Result<Self, DecodeError>;
        }

        #[diagnostic::do_not_recommend]
        impl<T: Field> $name for T {
            type Key = <T as Field>::Key;
            const TYPE: FieldType = <T as Field>::TYPE;

            fn to_param(&self) -> Result<Param, DecodeError> {
                Field::to_param(self)
            }

            fn take(row: &mut RowReader<'_>) -> Result<Self, DecodeError> {
                Field::take(row)
            }
        }
    )*};
}

hints! {
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
    /// A cell or pointer, which lets a value be changed or shared.
    Cell: "a row is changed by `save`: write the type inside without the cell or lock";
    /// A type that has a form as text.
    Textual: "it has a form as text: write `String`, or a newtype of one with `#[derive(Column)]`";
    /// Bytes.
    Bytes: "bytes are a `Vec<u8>`: write `Vec<u8>`";
    /// Integers that are not zero or that wrap.
    Number: "a whole number is an `i16`, `i32` or `i64`: write that, and `#[field(check = \"... > 0\")]` for what else holds";
    /// Numbers of any size.
    Big: "a number of many digits is a `Decimal`: write `Decimal`, of tenantry's feature `decimal`";
    /// Times, dates, decimals and UUIDs of other crates.
    Foreign: "times, decimals and UUIDs need tenantry's feature of their crate's name, `jiff`, `chrono`, `time`, `decimal` or `uuid`, and a time has no zone but UTC: `Timestamp` or `DateTime<Utc>`";
    /// Values as JSON.
    Document: "what is stored as JSON is written and read by serde: write `#[derive(serde::Serialize, serde::Deserialize)]` above the type inside of `Json<...>`";
}
