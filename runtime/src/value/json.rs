//! `jsonb` columns.

use std::ops::{Deref, DerefMut};

use bytes::{BufMut, BytesMut};
use postgres::types::Type;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::scalar::{from_driver, through_driver};
use super::{DecodeError, Element, Scalar, SqlType};

/// A value stored as `jsonb`.
///
/// ```
/// # use tenantry::Json;
/// let tags = Json(vec!["new", "vip"]);
/// assert_eq!(tags.len(), 2);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Json<T>(pub T);

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T> DerefMut for Json<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Scalar for Json<T> {
    const SQL: SqlType = SqlType::Jsonb;

    fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
        // `jsonb` on the wire is a version byte, then the text.
        out.put_u8(1);
        serde_json::to_writer(out.writer(), &self.0)?;
        Ok(())
    }

    fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
        let ((&Type::JSON, text) | (&Type::JSONB, [1, text @ ..])) = (ty, raw) else {
            return Err(format!("the column has type `{ty}`, not `jsonb`").into());
        };
        Ok(Self(serde_json::from_slice(text)?))
    }
}

impl<T: Serialize + DeserializeOwned + Send + Sync + 'static> Element for Json<T> {}

impl Scalar for serde_json::Value {
    const SQL: SqlType = SqlType::Jsonb;

    fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
        through_driver(self, &Self::SQL.wire(), out)
    }

    fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
        from_driver(ty, raw)
    }
}

impl Element for serde_json::Value {}
