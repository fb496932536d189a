//! Structs as rows of an answer, for `#[derive(Row)]`.

use super::decode::FromRow;
use super::selection::Selection;
use crate::error::At;
use crate::model::{ColumnNames, Model, RowReader};
use crate::place::Context;
use crate::value::DecodeError;

/// Reads the fields of a struct, one after the other.
#[derive(Debug)]
pub struct RowFields<'r, 'a> {
    reader: &'r mut RowReader<'a>,
    context: &'r Context,
    name: &'static str,
}

impl<'r, 'a> RowFields<'r, 'a> {
    /// Reads a struct. `columns` adds the names of its columns.
    ///
    /// # Errors
    ///
    /// As `read`, and when a statement that was written by hand does not have the columns.
    pub fn read<T>(
        (reader, context): (&'r mut RowReader<'a>, &'r Context),
        name: &'static str,
        columns: fn(&mut ColumnNames),
        read: impl FnOnce(&mut Self) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        reader.enter(name, columns)?;
        let mut fields = Self {
            reader,
            context,
            name,
        };
        let row = read(&mut fields)?;
        fields.reader.leave();
        Ok(row)
    }

    /// Reads the next field.
    ///
    /// # Errors
    ///
    /// When the value does not fit the field, which the message names.
    #[inline]
    pub fn field<R: RowField<AT>, const AT: usize>(
        &mut self,
        field: &'static str,
    ) -> Result<R::Type, DecodeError> {
        R::Type::from_row(self.reader, self.context).map_err(|error| self.of_field(field, error))
    }

    #[cold]
    fn of_field(&self, field: &'static str, error: DecodeError) -> DecodeError {
        At::new(format!("field `{field}` of struct `{}`", self.name), error).into()
    }
}

/// The type of a struct's field at a position, declared once: so one that can't be read is told once.
pub trait RowField<const AT: usize> {
    /// The field's type.
    type Type: FromRow;
}

/// Adds the names of the columns of a struct's field.
pub fn add_columns<R: RowField<AT>, const AT: usize>(field: &'static str, names: &mut ColumnNames) {
    R::Type::columns_of(field, names);
}

/// A selection that gives the values of a struct's field of type `T`.
#[diagnostic::on_unimplemented(
    message = "a field of type `{T}` can't be read from `{Self}`",
    label = "does not give `{T}` of rows of `{M}`",
    note = "what is selected for a field of a `#[derive(Row)]` struct has the field's type, and is of `{M}`: an `Option` where it can be null, and another type behind `.cast()`",
    note = "a column of a row that `{M}` references is reached through the foreign key: `{M}::COLUMN.to(Other::COLUMN)`"
)]
pub trait Gives<M: Model, T>: Selection<M, Out = T> {}

#[diagnostic::do_not_recommend]
impl<M: Model, T, S: Selection<M, Out = T>> Gives<M, T> for S {}
