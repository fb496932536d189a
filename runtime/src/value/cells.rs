//! Values of one column or several, read one after the other.

use super::{DecodeError, Field, Scalar};

/// The values of a row, from left to right.
#[doc(hidden)]
pub trait Cells {
    /// Reads the next value.
    ///
    /// # Errors
    ///
    /// When the row has no further value, or it does not fit `T`; the message names the column.
    fn take<T: Field>(&mut self) -> Result<T, DecodeError>;

    /// Tests whether the next so many values are all null, and passes over them then.
    ///
    /// # Errors
    ///
    /// When the row has fewer values.
    fn pass_nulls(&mut self, count: usize) -> Result<bool, DecodeError>;

    /// Begins to read columns, by these names in a statement that was written by hand.
    ///
    /// # Errors
    ///
    /// When such a statement does not give them.
    fn enter(
        &mut self,
        name: &'static str,
        columns: &'static [&'static str],
    ) -> Result<(), DecodeError>;

    /// Ends reading them.
    fn leave(&mut self);
}

/// Adds the name of a column behind the beginning of it.
#[doc(hidden)]
pub type AddName<'a> = &'a mut dyn FnMut(&str, &'static str);

/// A type that is made of the values of one column, or of several.
#[doc(hidden)]
pub trait FromCells: Sized {
    /// Reads it.
    ///
    /// # Errors
    ///
    /// When a value does not fit.
    fn from_cells(cells: &mut impl Cells) -> Result<Self, DecodeError>;

    /// Tells the names of the columns that a field of the name is read from.
    fn names_of(field: &'static str, add: AddName<'_>);
}

/// A type of which there can be none, as all of its values are null then.
#[doc(hidden)]
pub trait FromCellsOrNone: FromCells {
    /// Reads it, or that there is none.
    ///
    /// # Errors
    ///
    /// When a value does not fit.
    fn or_none(cells: &mut impl Cells) -> Result<Option<Self>, DecodeError>;
}

#[diagnostic::do_not_recommend]
impl<T: Scalar> FromCells for T {
    #[inline]
    fn from_cells(cells: &mut impl Cells) -> Result<Self, DecodeError> {
        cells.take()
    }

    fn names_of(field: &'static str, add: AddName<'_>) {
        add("", field);
    }
}

#[diagnostic::do_not_recommend]
impl<T: Scalar> FromCellsOrNone for T {
    #[inline]
    fn or_none(cells: &mut impl Cells) -> Result<Option<Self>, DecodeError> {
        cells.take()
    }
}

#[diagnostic::do_not_recommend]
impl<T: FromCellsOrNone> FromCells for Option<T> {
    #[inline]
    fn from_cells(cells: &mut impl Cells) -> Result<Self, DecodeError> {
        T::or_none(cells)
    }

    fn names_of(field: &'static str, add: AddName<'_>) {
        T::names_of(field, add);
    }
}
