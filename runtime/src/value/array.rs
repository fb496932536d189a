//! Arrays of scalars, of one dimension. An array that may have nulls inside is a `Vec<Option<T>>`.

use bytes::{BufMut, BytesMut};
use postgres::types::{Kind, Type};

use super::scalar::from_driver;
use super::{DecodeError, Element, Field, GivenBytes, Origins, Param, Raw, Scalar, SqlType};

impl<T: Element> Scalar for Vec<T> {
    const SQL: SqlType = {
        assert!(
            T::REFERENCES.is_none(),
            "PostgreSQL has no foreign keys in arrays\nhelp: make a model of the pairs, with two `Fk` fields"
        );
        SqlType::Array(&T::SQL)
    };
    const ITEM_LABELS: Option<&'static [&'static str]> = T::LABELS;
    const LAST_SECOND: Option<i64> = T::LAST_SECOND;
    const RANGE: Option<(i64, i64)> = T::RANGE;

    fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
        encode::<T, T>(self, out)
    }

    fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
        decode(ty, raw, |item| match item.bytes {
            Some(_) => T::from_raw(&item),
            None => Err(
                "the array has a null inside\nhelp: give the field the type `Vec<Option<…>>`"
                    .into(),
            ),
        })
    }
}

impl<T: Element> Scalar for Vec<Option<T>> {
    const SQL: SqlType = <Vec<T> as Scalar>::SQL;
    const ITEM_LABELS: Option<&'static [&'static str]> = T::LABELS;
    const LAST_SECOND: Option<i64> = T::LAST_SECOND;
    const RANGE: Option<(i64, i64)> = T::RANGE;
    const NULL_ITEMS: bool = true;

    fn encode(&self, out: &mut BytesMut) -> Result<(), DecodeError> {
        encode::<T, Option<T>>(self, out)
    }

    fn decode(ty: &Type, raw: &[u8]) -> Result<Self, DecodeError> {
        decode(ty, raw, |item| Option::from_raw(&item))
    }
}

fn encode<T: Element, F: Field>(items: &[F], out: &mut BytesMut) -> Result<(), DecodeError> {
    let items = items
        .iter()
        .map(Field::to_param)
        .collect::<Result<Vec<_>, _>>()?;
    // The server knows an array of the other types by the text of it.
    let array = T::SQL.wire_array();
    out.put_slice(Param::array(array, &T::SQL.wire(), &items).bytes());
    Ok(())
}

fn decode<T>(
    ty: &Type,
    raw: &[u8],
    item: impl Fn(Raw<'_>) -> Result<T, DecodeError>,
) -> Result<Vec<T>, DecodeError> {
    let Kind::Array(element) = ty.kind() else {
        return Err(format!("the column has type `{ty}`, which is no array").into());
    };
    let items: Vec<GivenBytes<'_>> = from_driver(ty, raw)?;
    let items = items.into_iter().map(|GivenBytes(bytes)| Raw {
        ty: element,
        bytes,
        origins: Origins::default(),
    });
    items.map(item).collect()
}

/// The number of the first element, which is 1 in every array that is made here.
pub(super) fn lower_bound(raw: &[u8]) -> i32 {
    // The layout of PostgreSQL's array_send: dimensions, has-nulls, element type, then length and lower bound.
    let bound = raw.get(16..20).and_then(|bound| bound.try_into().ok());
    bound.map_or(1, i32::from_be_bytes)
}

/// The elements of an array of one dimension, without nulls.
pub(super) fn elements(raw: &[u8]) -> impl Iterator<Item = &[u8]> {
    let mut rest = raw.get(20..).unwrap_or_default();
    std::iter::from_fn(move || {
        loop {
            let (length, after) = rest.split_first_chunk()?;
            rest = after;
            // A null has the length -1.
            if let Ok(length) = usize::try_from(i32::from_be_bytes(*length)) {
                let (element, after) = rest.split_at_checked(length)?;
                rest = after;
                return Some(element);
            }
        }
    })
}
