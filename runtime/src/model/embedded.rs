//! Structs whose fields are columns of the models that have them.

use std::any::Any;

use super::{NewValues, RowReader};
use crate::error::Violation;
use crate::value::{DecodeError, Param};

/// A struct whose fields are columns of each model that has it, by `#[field(embed)]`. Implemented by [`#[derive(Embedded)]`](derive@crate::Embedded).
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no embedded struct",
    label = "its fields are no columns",
    note = "write `#[derive(Embedded)]` above the struct, or store it as `Json<{Self}>`"
)]
pub trait Embedded: Sized + 'static {
    /// The struct for new rows, without what the database fills in.
    type New: From<Self>;

    #[doc(hidden)]
    fn read(row: &mut RowReader<'_>) -> Result<Self, DecodeError>;

    /// Adds a parameter for each field, of which `fields` are the names in the model.
    #[doc(hidden)]
    fn write(&self, fields: &[&'static str], params: &mut Vec<Param>) -> Result<(), DecodeError>;

    #[doc(hidden)]
    fn values(new: Self::New) -> NewValues;

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
