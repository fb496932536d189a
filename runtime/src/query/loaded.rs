//! Stored rows as results of queries.

use super::decode::{Append, FromRow};
use super::stored::Stored;
use crate::error::At;
use crate::model::{ColumnNames, Model, RowReader};
use crate::place::Context;
use crate::value::DecodeError;

impl<M: Model> FromRow for Stored<M> {
    fn from_row(reader: &mut RowReader<'_>, context: &Context) -> Result<Self, DecodeError> {
        let start = reader.start();
        reader.begin(M::DEF)?;
        match M::read(reader) {
            Ok(row) => Ok(Self::read(row, context.clone(), reader.end())),
            Err(error) => {
                let row = reader.key(M::DEF, start);
                let row = row.map_or_else(String::new, |key| format!(", row with key {key}"));
                Err(At::new(format!("model `{}`{row}", M::NAME), error).into())
            }
        }
    }

    fn columns_of(_: &'static str, names: &mut ColumnNames) {
        for column in M::DEF.columns {
            names.add(column.name);
        }
    }
}

impl<M: Model> FromRow for Option<Stored<M>> {
    fn from_row(reader: &mut RowReader<'_>, context: &Context) -> Result<Self, DecodeError> {
        if reader.skip_nulls(M::DEF)? {
            return Ok(None);
        }
        Stored::from_row(reader, context).map(Some)
    }

    fn columns_of(field: &'static str, names: &mut ColumnNames) {
        Stored::<M>::columns_of(field, names);
    }
}

impl<M: Model, T> Append<T> for Stored<M> {
    type Tuple = (Self, T);

    fn append(self, last: T) -> (Self, T) {
        (self, last)
    }
}
