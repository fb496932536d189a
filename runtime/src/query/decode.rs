//! From rows to values.

use postgres::Row;

use super::tuples::up_to_twelve;
use crate::error::{Error, ErrorKind, Result};
use crate::model::{ColumnNames, RowReader};
use crate::place::Context;
use crate::value::{DecodeError, Field, FromCells, GivenBytes, Origins, Param};

/// Result of a query for a row: a stored model, a single value, a struct with [`#[derive(Row)]`](macro@crate::Row), or a tuple of such.
#[diagnostic::on_unimplemented(
    message = "a row can't be read as `{Self}`",
    note = "a model is read as `Stored<{Self}>`, a value as a field's type, and several as a tuple of up to twelve of them, or as a struct with `#[derive(Row)]`"
)]
pub trait FromRow: Sized {
    #[doc(hidden)]
    fn from_row(reader: &mut RowReader<'_>, context: &Context) -> Result<Self, DecodeError>;

    /// Adds the names of the columns from which a field of a struct is read in a statement that was written by hand.
    #[doc(hidden)]
    fn columns_of(field: &'static str, names: &mut ColumnNames);
}

#[diagnostic::do_not_recommend]
impl<T: FromCells> FromRow for T {
    #[inline]
    fn from_row(reader: &mut RowReader<'_>, _: &Context) -> Result<Self, DecodeError> {
        T::from_cells(reader)
    }

    fn columns_of(field: &'static str, names: &mut ColumnNames) {
        T::names_of(field, &mut |prefix, name| {
            names.prefixed(prefix, |names| names.add(name));
        });
    }
}

/// Result of a query when a relation is joined or loaded: the tuple with one more element.
pub trait Append<T> {
    /// The longer tuple.
    type Tuple;

    #[doc(hidden)]
    fn append(self, last: T) -> Self::Tuple;
}

macro_rules! tuples {
    ($($first:ident $($rest:ident)*;)*) => {$(
        impl<$first: FromRow, $($rest: FromRow),*> FromRow for ($first, $($rest,)*) {
            fn from_row(reader: &mut RowReader<'_>, context: &Context) -> Result<Self, DecodeError> {
                Ok(($first::from_row(reader, context)?, $($rest::from_row(reader, context)?,)*))
            }

            fn columns_of(field: &'static str, names: &mut ColumnNames) {
                names.nameless(field);
            }
        }
    )*};
}

up_to_twelve!(tuples);

macro_rules! longer {
    ($($($name:ident)*;)*) => {$(
        impl<$($name,)* T> Append<T> for ($($name,)*) {
            type Tuple = ($($name,)* T);

            fn append(self, last: T) -> Self::Tuple {
                #[allow(non_snake_case, reason = "the types' names serve for the values")]
                let ($($name,)*) = self;
                ($($name,)* last)
            }
        }
    )*};
}

longer! {
    A B;
    A B C;
    A B C D;
    A B C D E;
    A B C D E F;
    A B C D E F G;
    A B C D E F G H;
}

/// The facts that rows are read with: where they are from, and which columns the server has computed with rounding.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading<'a> {
    pub(crate) context: &'a Context,
    rounded: u64,
}

impl<'a> Reading<'a> {
    pub(crate) fn of(context: &'a Context, rounded: u64) -> Self {
        Self { context, rounded }
    }

    fn reader<'r>(&self, row: &'r Row) -> RowReader<'r> {
        RowReader::new(row, self.context.origins()).rounding(self.rounded)
    }
}

impl<'a> From<&'a Context> for Reading<'a> {
    fn from(context: &'a Context) -> Self {
        Self::of(context, 0)
    }
}

/// Reads a whole row.
pub(crate) fn read<'a, T: FromRow>(row: &Row, reading: impl Into<Reading<'a>>) -> Result<T> {
    let reading = reading.into();
    T::from_row(&mut reading.reader(row), reading.context).map_err(decode_error)
}

/// Reads all rows.
pub(crate) fn read_all<'a, T: FromRow>(
    rows: &[Row],
    reading: impl Into<Reading<'a>>,
) -> Result<Vec<T>> {
    let reading = reading.into();
    // A `collect` into a `Result` knows no length beforehand.
    let mut all = Vec::with_capacity(rows.len());
    let Some(first) = rows.first() else {
        return Ok(all);
    };
    let mut reader = reading.reader(first);
    for row in rows {
        reader.go_on(row);
        all.push(T::from_row(&mut reader, reading.context).map_err(decode_error)?);
    }
    Ok(all)
}

/// Reads a row of a statement that was written by hand: models by the names of their columns.
pub(crate) fn read_by_name<T: FromRow>(row: &Row, context: &Context) -> Result<T> {
    let mut reader = RowReader::by_name(row, context.origins());
    let value = T::from_row(&mut reader, context).map_err(decode_error)?;
    reader.finish().map_err(decode_error)?;
    Ok(value)
}

/// Reads the only value of the first row.
pub(crate) fn read_value<T: Field>(rows: &[Row]) -> Result<T> {
    let row = rows.first().ok_or_else(|| {
        let message = "the statement gave no row, where it always gives one\n\
                           help: look whether a rule on the table has it do something else";
        Error::new(ErrorKind::NotFound, message)
    })?;
    RowReader::new(row, Origins::default())
        .take()
        .map_err(decode_error)
}

/// Reads a value of a row as it came, to be sent again.
pub(super) fn read_at(row: &Row, column: usize) -> Result<Param> {
    let given: GivenBytes<'_> = row
        .try_get(column)
        .map_err(|error| decode_error(Box::new(error)))?;
    let ty = row.columns()[column].type_().clone();
    Ok(match given.0 {
        Some(bytes) => Param::raw(ty, bytes),
        None => Param::null(ty),
    })
}

pub(crate) fn decode_error(error: DecodeError) -> Error {
    Error::new(ErrorKind::Decode, format!("a row does not fit: {error}"))
        .help("give the field a type that has such values, or read the other rows with `try_all` or `try_rows`")
        .because(error)
}
