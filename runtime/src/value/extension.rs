//! Types of extensions.

use std::fmt;

use crate::name::quote_identifier;

/// A type that an extension brings, as `citext`, `hstore`, `ltree`, `vector` or `geometry`: what [`Scalar::SQL`](super::Scalar::SQL) of a newtype says.
///
/// Values travel as texts, in the form that the type reads and writes: [`encode`](super::Scalar::encode) appends that text, and
/// [`decode`](super::Scalar::decode) is given it. So no type has to be known to the driver, and nothing is asked for it.
///
/// ```
/// use tenantry::postgres::types::Type;
/// use tenantry::prelude::*;
/// use tenantry::value::{BytesMut, DecodeError, Element, ExtensionType, Scalar, SqlType};
///
/// /// A text whose case does not count.
/// #[derive(Debug, Clone, PartialEq)]
/// pub struct Email(pub String);
///
/// impl Scalar for Email {
///     const SQL: SqlType = SqlType::Extension(&ExtensionType::new("citext", "citext"));
///
///     fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
///         self.0.encode(out)
///     }
///
///     fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
///         String::decode(ty, raw).map(Self)
///     }
/// }
///
/// impl Element for Email {}
///
/// #[tenant_model]
/// pub struct Member {
///     #[field(key)]
///     pub id: i64,
///     #[field(unique)]
///     pub email: Email,
/// }
/// ```
///
/// The extension is one for all schemas of a database, and in the schema `public` unless [`schema`](Self::schema) says another. A migration that uses it for the first time
/// asks for it (`CREATE EXTENSION IF NOT EXISTS`); so the server has it, and the role may create it or somebody has done so before. That schema has to be
/// in the `search_path` that the role or database has, as `public` usually is, since PostgreSQL finds the operators of a type there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ExtensionType {
    extension: &'static str,
    name: &'static str,
    schema: &'static str,
    modifier: Option<&'static str>,
}

impl ExtensionType {
    /// Names a type of an extension that is in the schema `public`.
    pub const fn new(extension: &'static str, name: &'static str) -> Self {
        Self {
            extension,
            name,
            schema: "public",
            modifier: None,
        }
    }

    /// Says that the extension is in another schema.
    pub const fn schema(mut self, schema: &'static str) -> Self {
        self.schema = schema;
        self
    }

    /// Bounds the values, as `3` does in `vector(3)`, or `Point,4326` in `geometry(Point,4326)`.
    pub const fn modifier(mut self, modifier: &'static str) -> Self {
        self.modifier = Some(modifier);
        self
    }

    pub(crate) fn extension_name(&self) -> &'static str {
        self.extension
    }

    pub(crate) const fn type_name(&self) -> &'static str {
        self.name
    }

    pub(crate) const fn schema_name(&self) -> &'static str {
        self.schema
    }
}

impl fmt::Display for ExtensionType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (schema, name) = (quote_identifier(self.schema), quote_identifier(self.name));
        write!(f, "{schema}.{name}")?;
        match self.modifier {
            Some(modifier) => write!(f, "({modifier})"),
            None => Ok(()),
        }
    }
}
