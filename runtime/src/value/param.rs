//! Values on the wire.

use std::fmt;

use bytes::{BufMut, BytesMut};
use postgres::types::{Format, FromSql, IsNull, ToSql, Type, to_sql_checked};

use super::buffer::Bytes;
use super::{DecodeError, Scalar, SqlType};
use crate::place::{Origin, Origins};

/// A parameter of a statement: a type and a value in PostgreSQL's binary format.
///
/// Its `Debug` form leaves the value out, so that customers' data does not end up in logs.
#[derive(Clone)]
pub struct Param {
    ty: Type,
    bytes: Option<Bytes>,
    /// Where the row is that the value refers to, if that is known.
    origin: Origin,
}

/// Two parameters are equal if the server can't tell them apart.
impl PartialEq for Param {
    fn eq(&self, other: &Self) -> bool {
        self.ty == other.ty && self.bytes.as_deref() == other.bytes.as_deref()
    }
}

impl Eq for Param {}

impl Param {
    /// Encodes a value.
    ///
    /// # Errors
    ///
    /// When PostgreSQL has no such value.
    pub fn of<T: Scalar>(value: &T) -> Result<Self, DecodeError> {
        let bytes = match value.as_encoded() {
            Some(bytes) => bytes.into(),
            None => Bytes::written(|out| value.encode(out))?,
        };
        Ok(Self {
            ty: T::SQL.wire(),
            bytes: Some(bytes),
            origin: value.origin(),
        })
    }

    /// The null of a type.
    pub fn null(ty: Type) -> Self {
        Self {
            ty,
            bytes: None,
            origin: 0,
        }
    }

    /// A text.
    pub fn text(value: &str) -> Self {
        Self {
            ty: Type::TEXT,
            bytes: Some(value.as_bytes().into()),
            origin: 0,
        }
    }

    /// A `bigint`.
    pub fn bigint(value: i64) -> Self {
        Self {
            ty: Type::INT8,
            bytes: Some(value.to_be_bytes()[..].into()),
            origin: 0,
        }
    }

    /// A value in PostgreSQL's binary format, of which the row is not told where it is.
    pub(crate) fn raw(ty: Type, bytes: &[u8]) -> Self {
        Self {
            ty,
            bytes: Some(bytes.into()),
            origin: 0,
        }
    }

    /// An `integer`.
    pub(crate) fn integer(value: i32) -> Self {
        Self {
            ty: Type::INT4,
            bytes: Some(value.to_be_bytes()[..].into()),
            origin: 0,
        }
    }

    /// A `bigint`, or null.
    pub(crate) fn bigint_or_null(value: Option<i64>) -> Self {
        value.map_or_else(|| Self::null(Type::INT8), Self::bigint)
    }

    /// An array of texts.
    pub(crate) fn texts<T: AsRef<str>>(values: impl IntoIterator<Item = T>) -> Self {
        let items = values.into_iter().map(|value| Self::text(value.as_ref()));
        let items: Vec<Self> = items.collect();
        Self::array(Type::TEXT_ARRAY, &Type::TEXT, &items)
    }

    /// An array of `bigint`s.
    pub(crate) fn bigints(values: &[i64]) -> Self {
        let items = values.iter().map(|&value| Self::bigint(value));
        let items: Vec<Self> = items.collect();
        Self::array(Type::INT8_ARRAY, &Type::INT8, &items)
    }

    /// The parameter's type.
    pub fn ty(&self) -> &Type {
        &self.ty
    }

    /// Where the row is that the value refers to.
    pub(crate) fn origin(&self) -> Origin {
        self.origin
    }

    /// Notes where the row is that the value refers to as well.
    pub(crate) fn refers_to(&mut self, origin: Origin) {
        self.origin = common_origin(self.origin, origin);
    }

    /// Notes where the row is that the value stands for, which says what is known of it already.
    pub(crate) fn place(&mut self, origin: Origin) {
        self.origin = origin;
    }

    /// Tells whether the parameter is null.
    pub fn is_null(&self) -> bool {
        self.bytes.is_none()
    }

    /// The value in PostgreSQL's binary format; empty for null.
    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.as_deref().unwrap_or_default()
    }

    /// Makes an array of parameters of one type, as `= ANY ($1)` takes it.
    ///
    /// `array` is the array's type; `element` its elements'.
    pub(crate) fn array<'p>(
        array: Type,
        element: &Type,
        items: impl IntoIterator<Item = &'p Self>,
    ) -> Self {
        if array == Type::UNKNOWN {
            return Self::untyped_array(items);
        }
        let mut out = Vec::new();
        // The layout of PostgreSQL's array_send: dimensions, has-nulls, element type, then length and lower bound.
        out.put_i32(1);
        out.put_i32(0);
        out.put_u32(element.oid());
        out.put_i32(0);
        out.put_i32(1);
        let (mut count, mut origin) = (0_i32, 0);
        for item in items {
            if let Some(bytes) = &item.bytes {
                out.put_i32(
                    i32::try_from(bytes.len())
                        .expect("a PostgreSQL value has fewer than 2^30 bytes"),
                );
                out.put_slice(bytes);
            } else {
                out.put_i32(-1);
                out[4..8].copy_from_slice(&1_i32.to_be_bytes());
            }
            count = count
                .checked_add(1)
                .expect("a list in memory has fewer than 2^31 parameters");
            origin = common_origin(origin, item.origin);
        }
        if count == 0 {
            out.truncate(12);
            out[..4].copy_from_slice(&0_i32.to_be_bytes());
        } else {
            out[12..16].copy_from_slice(&count.to_be_bytes());
        }
        Self {
            ty: array,
            bytes: Some(out.into()),
            origin,
        }
    }
}

impl Param {
    /// An array of values whose type the server finds where they stand: as a text.
    fn untyped_array<'p>(items: impl IntoIterator<Item = &'p Self>) -> Self {
        let mut out = vec![b'{'];
        for item in items {
            if out.len() > 1 {
                out.push(b',');
            }
            let Some(bytes) = &item.bytes else {
                out.extend_from_slice(b"NULL");
                continue;
            };
            out.push(b'"');
            for &byte in bytes.iter() {
                if matches!(byte, b'"' | b'\\') {
                    out.push(b'\\');
                }
                out.push(byte);
            }
            out.push(b'"');
        }
        out.push(b'}');
        Self::raw(Type::UNKNOWN, &out)
    }

    /// The same values as an array of texts, for a statement that says their type.
    pub(crate) fn listed<'p>(sql: &SqlType, items: impl IntoIterator<Item = &'p Self>) -> Self {
        if sql.read_as().is_some() {
            return Self::array(Type::TEXT_ARRAY, &Type::TEXT, items);
        }
        Self::array(sql.wire_array(), &sql.wire(), items)
    }
}

/// Where all rows are that two values refer to. No scope is there if they are in several places.
fn common_origin(one: Origin, other: Origin) -> Origin {
    match (one, other) {
        (0, origin) | (origin, 0) => origin,
        (one, other) if one == other => one,
        _ => Origin::MAX,
    }
}

impl fmt::Debug for Param {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Param({}{})",
            self.ty,
            if self.is_null() { ", null" } else { "" }
        )
    }
}

impl ToSql for Param {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, DecodeError> {
        match &self.bytes {
            Some(bytes) => {
                out.put_slice(bytes);
                Ok(IsNull::No)
            }
            None => Ok(IsNull::Yes),
        }
    }

    fn accepts(_: &Type) -> bool {
        // The statement declares the parameter's own type, see `query_typed`.
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        if self.ty == Type::UNKNOWN {
            Format::Text
        } else {
            Format::Binary
        }
    }

    to_sql_checked!();
}

/// A value of a row, before it is decoded.
#[derive(Debug, Clone)]
pub struct Raw<'a> {
    /// Its type.
    pub ty: &'a Type,
    /// Its bytes in PostgreSQL's binary format; none for null.
    pub bytes: Option<&'a [u8]>,
    /// Where the rows are that it can refer to.
    pub(crate) origins: Origins,
}

/// The bytes of a value as the driver has them; none for null.
///
/// The driver lends a type for as long as it reads a value, and a row lends it for as long as itself: so a [`Raw`] is made of both.
pub(crate) struct GivenBytes<'a>(pub(crate) Option<&'a [u8]>);

impl<'a> FromSql<'a> for GivenBytes<'a> {
    fn from_sql(_: &Type, raw: &'a [u8]) -> Result<Self, DecodeError> {
        Ok(Self(Some(raw)))
    }

    fn from_sql_null(_: &Type) -> Result<Self, DecodeError> {
        Ok(Self(None))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}
