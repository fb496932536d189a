//! Keys of tenants as values: what a row that belongs to a tenant is found by.

use bytes::{BufMut, BytesMut};
use postgres::types::Type;

use super::scalar::from_driver;
use super::{DecodeError, Element, IntoValue, Scalar, SqlType};
use crate::error::Withheld;
use crate::name::TenantKey;

impl Scalar for TenantKey {
    const SQL: SqlType = SqlType::Text;

    fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
        out.put_slice(self.as_str().as_bytes());
        Ok(())
    }

    fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
        let text: &str = from_driver(ty, raw)?;
        Self::new(text).map_err(|error| {
            let told = "the text can't be the key of a tenant";
            Withheld::new(told.to_owned(), error.to_string()).into()
        })
    }

    fn as_encoded(&self) -> Option<&[u8]> {
        Some(self.as_str().as_bytes())
    }
}

impl Element for TenantKey {}

impl IntoValue<TenantKey> for &TenantKey {
    fn into_value(self) -> TenantKey {
        self.clone()
    }
}

impl IntoValue<Option<TenantKey>> for &TenantKey {
    fn into_value(self) -> Option<TenantKey> {
        Some(self.clone())
    }
}
