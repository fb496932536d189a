//! Rust types as PostgreSQL values: what a model's field can be, and how it travels.
//!
//! A [`Scalar`] is one PostgreSQL value that is not null. A [`Field`] is what a struct's field can be: a scalar or an
//! `Option` of one. Both are encoded to PostgreSQL's binary format at once, as a [`Param`], so that statements hold
//! plain data: they compare, clone and travel between threads.

mod array;
mod buffer;
mod cells;
#[doc(hidden)]
pub mod checked;
mod extension;
mod fits;
mod interval;
mod into;
mod json;
#[doc(hidden)]
pub mod label;
mod moment;
mod network;
mod network_text;
mod nullness;
#[cfg(feature = "decimal")]
mod numeric;
mod param;
mod params;
mod range;
mod reference;
mod scalar;
mod sql_type;
mod tenant_key;
#[cfg(any(feature = "chrono", feature = "jiff", feature = "time"))]
mod times;
mod unbounded;
mod unsigned;

use postgres::types::Type;

pub use crate::place::Origins;
pub use bytes::BytesMut;
#[doc(hidden)]
pub use cells::{AddName, Cells, FromCells, FromCellsOrNone};
pub use extension::ExtensionType;
pub(crate) use fits::{changed, may_change, nearest, nul, refusal, takes_all};
pub use interval::Interval;
pub use into::IntoValue;
pub use json::Json;
pub use moment::Moment;
pub use network::{Cidr, Inet, MacAddr};
pub use network_text::AddressError;
pub use nullness::{Always, Nullness, Sometimes};
pub(crate) use param::GivenBytes;
pub use param::{Param, Raw};
pub(crate) use params::{Params, typed};
pub use range::Range;
pub use reference::Reference;
pub use sql_type::SqlType;
pub use unbounded::Unbounded;

/// The reason why a value could not be decoded.
pub type DecodeError = Box<dyn std::error::Error + Send + Sync>;

/// A type whose values are single PostgreSQL values, never null.
///
/// Implemented for numbers (`i16`, `i32`, `i64`, `f32`, `f64`; `u8`, `u16`, `u32` and `NonZero` of them, with a check of the range), `bool`, `String`, `Vec<u8>`, arrays (`Vec<Option<T>>` where they have nulls inside), and, by
/// feature, times, dates, decimals and UUIDs; [`Range`], [`Interval`], [`IpAddr`](std::net::IpAddr), [`Inet`], [`Cidr`] and
/// [`MacAddr`] are PostgreSQL's types of these names; `#[derive(Column)]` implements it for newtypes and enums.
///
/// Values come back as they were sent: what a type can't hold is an error, in either direction. Times are kept to the
/// microsecond; a finer part is cut off.
///
/// # Types of an application's own
///
/// Those of PostgreSQL's extensions are described with [`ExtensionType`]; an enum that is to be a type of PostgreSQL's own has
/// `#[column(enum_type = "mood")]` above its derive.
///
/// A type that is no newtype says which column it has, and how its values are written and read, most often as those of another:
///
/// ```
/// use tenantry::postgres::types::Type;
/// use tenantry::prelude::*;
/// use tenantry::value::{BytesMut, DecodeError, Element, Scalar, SqlType};
///
/// /// From 0 to 100.
/// #[derive(Debug, Clone, Copy, PartialEq)]
/// pub struct Percent(u8);
///
/// impl Scalar for Percent {
///     const SQL: SqlType = i16::SQL;
///     const RANGE: Option<(i64, i64)> = Some((0, 100));
///
///     fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
///         i16::from(self.0).encode(out)
///     }
///
///     fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
///         let percent = u8::try_from(i16::decode(ty, raw)?)?;
///         if percent <= 100 { Ok(Self(percent)) } else { Err("a percentage is 100 at most".into()) }
///     }
/// }
///
/// // So that arrays can be made of it.
/// impl Element for Percent {}
///
/// #[tenant_model]
/// pub struct Disk {
///     #[field(key)]
///     pub id: i64,
///     pub used: Percent,
///     pub history: Vec<Percent>,
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a PostgreSQL value",
    label = "`{Self}` is not a PostgreSQL value",
    note = "derive it with `#[derive(Column)]` for an enum without fields or a newtype, store it as `Json<{Self}>`, or reference a model with `Fk<{Self}>`",
    note = "times, decimals and UUIDs need tenantry's feature of their crate's name: `jiff`, `chrono`, `time`, `decimal`, `uuid`"
)]
pub trait Scalar: Sized + Send + Sync + 'static {
    /// The column type for it.
    const SQL: SqlType;

    /// The only values that there are, for an enum.
    const LABELS: Option<&'static [&'static str]> = None;

    /// The only values that an item can be, for an array of an enum.
    const ITEM_LABELS: Option<&'static [&'static str]> = None;

    /// Tells whether an item can be null, for an array.
    const NULL_ITEMS: bool = false;

    /// The last second, counted from 1970, that the type has of the years up to 9999, for moments or arrays of them.
    const LAST_SECOND: Option<i64> = None;

    /// The least and the greatest whole number that there is, where that is not PostgreSQL's: the column has a check. For an array, of its items.
    const RANGE: Option<(i64, i64)> = None;

    /// The model that a value points at, for a foreign key.
    const REFERENCES: Option<Reference> = None;

    /// Appends the value in PostgreSQL's binary format.
    ///
    /// # Errors
    ///
    /// When PostgreSQL has no such value, as for a date beyond its range.
    fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError>;

    /// Reads a value of type `ty` in PostgreSQL's binary format.
    ///
    /// # Errors
    ///
    /// When the bytes are no value of this type.
    fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError>;

    /// The value in PostgreSQL's binary format, if the value itself holds it.
    #[doc(hidden)]
    fn as_encoded(&self) -> Option<&[u8]> {
        None
    }

    /// The place of the row that the value refers to; 0 for a value that refers to none, or if it is not known.
    #[doc(hidden)]
    fn origin(&self) -> u64 {
        0
    }

    /// The value as it was read from a row that can refer to rows there.
    #[doc(hidden)]
    fn read_at(self, _: Origins) -> Self {
        self
    }
}

/// A scalar that arrays can be made of.
pub trait Element: Scalar {}

/// A type that a model's field can have: a [`Scalar`] or an `Option` of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` can't be the type of a model's field",
    label = "not a PostgreSQL value",
    note = "derive it with `#[derive(Column)]` for an enum without fields or a newtype, store it as `Json<{Self}>`, reference a model with `Fk<{Self}>`, or make columns of its fields with `#[derive(Embedded)]` and `#[field(embed)]`",
    note = "times, decimals and UUIDs need tenantry's feature of their crate's name: `jiff`, `chrono`, `time`, `decimal`, `uuid`"
)]
pub trait Field: FromCells + Sized + Send + Sync + 'static {
    /// The scalar: the type itself, or the one inside of the `Option`.
    type Scalar: Scalar;

    /// Nullness: whether there is always a value.
    type Null: Nullness;

    /// Facts of the type about its column.
    const TYPE: FieldType;

    /// The value as a parameter.
    ///
    /// # Errors
    ///
    /// When PostgreSQL has no such value.
    fn to_param(&self) -> Result<Param, DecodeError>;

    /// Reads a value from a row.
    ///
    /// # Errors
    ///
    /// When the raw value is none of this type.
    fn from_raw(raw: &Raw<'_>) -> Result<Self, DecodeError>;

    /// The value as it was read from a row that can refer to rows there.
    #[doc(hidden)]
    fn read_at(self, origins: Origins) -> Self;
}

/// The range of a type, which is one of whole numbers.
const fn range_of<T: Scalar>() -> Option<(i64, i64)> {
    let Some((lowest, highest)) = T::RANGE else {
        return None;
    };
    let is_whole = match T::SQL {
        SqlType::Array(item) => item.is_integer(),
        sql => sql.is_integer(),
    };
    assert!(
        is_whole,
        "`Scalar::RANGE` is for whole numbers and arrays of them\nhelp: remove it, and write `#[field(check = \"...\")]` for the bounds of other types"
    );
    assert!(
        lowest <= highest,
        "the highest number of `Scalar::RANGE` is below the lowest, so no value is in it\nhelp: swap the two"
    );
    Some((lowest, highest))
}

/// Facts of a field's type about its column.
#[derive(Debug, Clone, Copy)]
pub struct FieldType {
    /// The column's type.
    pub sql: SqlType,
    /// Whether the column can be null.
    pub nullable: bool,
    /// The only values that there are, for an enum.
    pub labels: Option<&'static [&'static str]>,
    /// The only values that an item can be, for an array of an enum.
    pub item_labels: Option<&'static [&'static str]>,
    /// Tells whether an item can be null, for an array.
    pub null_items: bool,
    /// The last second, counted from 1970, that the type has of the years up to 9999, for moments or arrays of them.
    pub last_second: Option<i64>,
    /// The least and the greatest whole number that there is, where that is not PostgreSQL's. For an array, of its items.
    pub range: Option<(i64, i64)>,
    /// The model that it references, for a foreign key.
    pub references: Option<Reference>,
}

#[diagnostic::do_not_recommend]
impl<T: Scalar> Field for T {
    type Scalar = T;
    type Null = Always;

    const TYPE: FieldType = FieldType {
        sql: T::SQL,
        nullable: false,
        labels: T::LABELS,
        item_labels: T::ITEM_LABELS,
        null_items: T::NULL_ITEMS,
        last_second: T::LAST_SECOND,
        range: const { range_of::<T>() },
        references: T::REFERENCES,
    };

    fn to_param(&self) -> Result<Param, DecodeError> {
        Param::of(self)
    }

    #[inline]
    fn from_raw(raw: &Raw<'_>) -> Result<Self, DecodeError> {
        match raw.bytes {
            Some(bytes) => T::decode(raw.ty, bytes).map(|value| value.read_at(raw.origins)),
            None => Err("the value is null, and the field is not an `Option`".into()),
        }
    }

    #[inline]
    fn read_at(self, origins: Origins) -> Self {
        Scalar::read_at(self, origins)
    }
}

#[diagnostic::do_not_recommend]
impl<T: Scalar> Field for Option<T> {
    type Scalar = T;
    type Null = Sometimes;

    const TYPE: FieldType = FieldType {
        sql: T::SQL,
        nullable: true,
        labels: T::LABELS,
        item_labels: T::ITEM_LABELS,
        null_items: T::NULL_ITEMS,
        last_second: T::LAST_SECOND,
        range: const { range_of::<T>() },
        references: T::REFERENCES,
    };

    fn to_param(&self) -> Result<Param, DecodeError> {
        match self {
            Some(value) => Param::of(value),
            None => Ok(Param::null(T::SQL.wire())),
        }
    }

    #[inline]
    fn from_raw(raw: &Raw<'_>) -> Result<Self, DecodeError> {
        let decode = |bytes| T::decode(raw.ty, bytes).map(|value| value.read_at(raw.origins));
        raw.bytes.map(decode).transpose()
    }

    #[inline]
    fn read_at(self, origins: Origins) -> Self {
        self.map(|value| value.read_at(origins))
    }
}
