//! Structs whose fields are columns of the models that have them.

use std::any::{Any, type_name};

use super::NewValues;
use crate::error::{At, Violation};
use crate::value::{AddName, Cells, DecodeError, FromCells, FromCellsOrNone, Param};

/// A struct whose fields are columns of each model that has it, by `#[field(embed)]`. Implemented by [`#[derive(Embedded)]`](derive@crate::Embedded).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no embedded struct",
    label = "its fields are no columns",
    note = "write `#[derive(Embedded)]` above the struct, or store it as `Json<{Self}>`"
)]
pub trait Embedded: FromCellsOrNone + 'static {
    /// The struct for new rows, without what the database fills in.
    type New: From<Self>;

    /// Names of the columns, as they are without a prefix.
    #[doc(hidden)]
    const COLUMNS: &'static [&'static str];

    #[doc(hidden)]
    fn read(row: &mut impl Cells) -> Result<Self, DecodeError>;

    /// Adds a parameter for each field, of which `fields` are the names in the model.
    #[doc(hidden)]
    fn write(&self, fields: &[&'static str], params: &mut Vec<Param>) -> Result<(), DecodeError>;

    /// Returns a null of each column's type.
    #[doc(hidden)]
    fn nulls() -> Vec<Param>;

    #[doc(hidden)]
    fn values(new: Self::New) -> NewValues;

    /// Gives the columns that have a default their default, where they have no value yet.
    #[doc(hidden)]
    fn with_defaults(values: NewValues) -> NewValues {
        values
    }

    /// Returns what the checks of the fields refuse.
    #[doc(hidden)]
    fn violations(&self, _fields: &[&'static str]) -> Vec<Violation> {
        Vec::new()
    }

    /// Returns the words of the check of a field that refuses a value.
    #[doc(hidden)]
    fn refusal(_field: usize, _value: &dyn Any) -> Option<String> {
        None
    }

    /// Makes the time of the delete empty.
    #[doc(hidden)]
    fn undelete(&mut self) {}
}

/// Asks the check of an embedded struct's field about a value.
///
/// # Errors
///
/// The words of the check that refuses it.
pub fn within<E: Embedded, T: Any>(field: usize, value: &T) -> Result<(), String> {
    E::refusal(field, value).map_or(Ok(()), Err)
}

/// The type of a model's field with `embed`: an [`Embedded`] struct, or an `Option` of one.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no embedded struct",
    label = "its fields are no columns",
    note = "write `#[derive(Embedded)]` above the struct, or store it as `Json<{Self}>`",
    note = "a field that refers to a row of another model is a `Fk<{Self}>`, and an enum with `#[derive(Column)]` is one column, without `embed`"
)]
pub trait Embeds: FromCells + 'static {
    /// The struct.
    type Struct: Embedded;

    /// Reads it, or that there is none, where all of its columns are null.
    #[doc(hidden)]
    fn read(row: &mut impl Cells) -> Result<Self, DecodeError>;

    /// Returns the struct, if there is one.
    #[doc(hidden)]
    fn as_struct(&self) -> Option<&Self::Struct>;

    /// Returns the struct for new rows, if there is one.
    #[doc(hidden)]
    fn into_new(self) -> Option<<Self::Struct as Embedded>::New>;

    /// Returns what the columns are where there is no struct; nothing if there always is one.
    #[doc(hidden)]
    fn none() -> Vec<Param>;

    /// Adds a parameter for each field, of which `fields` are the names in the model: nulls if there is no struct.
    #[doc(hidden)]
    fn write(&self, fields: &[&'static str], params: &mut Vec<Param>) -> Result<(), DecodeError> {
        if let Some(value) = self.as_struct() {
            return Embedded::write(value, fields, params);
        }
        params.extend(Self::none());
        Ok(())
    }

    /// Returns what the checks of the fields refuse.
    #[doc(hidden)]
    fn violations(&self, fields: &[&'static str]) -> Vec<Violation> {
        self.as_struct()
            .map_or_else(Vec::new, |value| Embedded::violations(value, fields))
    }
}

#[diagnostic::do_not_recommend]
impl<E: Embedded> Embeds for E {
    type Struct = E;

    fn read(row: &mut impl Cells) -> Result<Self, DecodeError> {
        E::read(row)
    }

    fn as_struct(&self) -> Option<&E> {
        Some(self)
    }

    fn into_new(self) -> Option<E::New> {
        Some(self.into())
    }

    fn none() -> Vec<Param> {
        Vec::new()
    }
}

#[diagnostic::do_not_recommend]
impl<E: Embedded> Embeds for Option<E> {
    type Struct = E;

    fn read(row: &mut impl Cells) -> Result<Self, DecodeError> {
        read_or_none(row)
    }

    fn as_struct(&self) -> Option<&E> {
        self.as_ref()
    }

    fn into_new(self) -> Option<E::New> {
        self.map(Into::into)
    }

    fn none() -> Vec<Param> {
        E::nulls()
    }
}

/// An `Option` of an embedded struct.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is always there",
    label = "this is never null",
    note = "a struct that may not be there is an `Option<{Self}>`"
)]
pub trait MaybeEmbeds: Embeds {}
impl<E: Embedded> MaybeEmbeds for Option<E> {}

fn read_or_none<E: Embedded>(row: &mut impl Cells) -> Result<Option<E>, DecodeError> {
    if row.pass_nulls(E::COLUMNS.len())? {
        return Ok(None);
    }
    E::read(row).map(Some).map_err(|error| {
        let name = type_name::<E>();
        let name = name.rsplit("::").next().unwrap_or(name);
        let place = format!("an `Option<{name}>` whose columns are not all null");
        At::new(place, error).into()
    })
}

/// Reads an embedded struct that is a value of its own. For the macro.
///
/// # Errors
///
/// When a value does not fit.
pub fn from_cells<E: Embedded>(
    name: &'static str,
    cells: &mut impl Cells,
) -> Result<E, DecodeError> {
    cells.enter(name, E::COLUMNS)?;
    let value = E::read(cells)?;
    cells.leave();
    Ok(value)
}

/// Reads an embedded struct that is a value of its own, or that there is none. For the macro.
///
/// # Errors
///
/// When a value does not fit.
pub fn or_none<E: Embedded>(
    name: &'static str,
    cells: &mut impl Cells,
) -> Result<Option<E>, DecodeError> {
    cells.enter(name, E::COLUMNS)?;
    let value = read_or_none(cells)?;
    cells.leave();
    Ok(value)
}

/// Tells the names of the columns that a field with an embedded struct is read from: they begin with the field's. For the macro.
pub fn names_of<E: Embedded>(field: &'static str, add: AddName<'_>) {
    let prefix = format!("{field}_");
    for column in E::COLUMNS {
        add(&prefix, column);
    }
}

/// Returns what a new row gives an `Option` of an embedded struct. For the macro.
///
/// The database has no defaults for its columns, since it would fill them in where there is no struct: so they are sent where there is one.
pub fn given_or_none<E: Embedded>(value: impl IntoNew<E>) -> Option<NewValues> {
    let new = value.into_new()?;
    Some(E::with_defaults(E::values(new)))
}

/// A value that an `Option` of an embedded struct takes in a new row: the struct, one without what the database fills in, or an `Option` of them.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no `{E}` of a new row",
    label = "expected `{E}`, `New{E}`, or an `Option` of one of them",
    note = "write the struct itself, or `New{E}::new(..)` for one without what has a default"
)]
pub trait IntoNew<E: Embedded> {
    /// The struct for new rows, if there is one.
    fn into_new(self) -> Option<E::New>;
}

#[diagnostic::do_not_recommend]
impl<E: Embedded> IntoNew<E> for E {
    fn into_new(self) -> Option<E::New> {
        Some(self.into())
    }
}

#[diagnostic::do_not_recommend]
impl<E: Embedded> IntoNew<E> for Option<E> {
    fn into_new(self) -> Option<E::New> {
        self.map(Into::into)
    }
}
