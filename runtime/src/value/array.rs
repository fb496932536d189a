//! Arrays of scalars: one dimension, no nulls inside.

use bytes::{BufMut, BytesMut};
use postgres::types::Type;

use super::scalar::from_driver;
use super::{DecodeError, Element, Param, Raw, Scalar, SqlType};

impl<T: Element> Scalar for Vec<T> {
    const SQL: SqlType = {
        assert!(
            T::REFERENCES.is_none(),
            "PostgreSQL has no foreign keys in arrays\nhelp: make a model of the pairs, with two `Fk` fields"
        );
        SqlType::Array(&T::SQL)
    };

    fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
        let items = self.iter().map(Param::of).collect::<Result<Vec<_>, _>>()?;
        out.put_slice(Param::array(Self::SQL.wire(), &T::SQL.wire(), &items).bytes());
        Ok(())
    }

    fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
        let element = match ty.kind() {
            postgres::types::Kind::Array(element) => element.clone(),
            _ => return Err(format!("the column has type `{ty}`, which is no array").into()),
        };
        let items: Vec<Raw<'_>> = from_driver(ty, raw)?;
        items
            .into_iter()
            .map(|item| {
                item.bytes
                    .ok_or("the array has a null inside")
                    .map(|bytes| T::decode(&element, bytes))
            })
            .map(|item| item.map_err(DecodeError::from).and_then(|decoded| decoded))
            .collect()
    }
}
