//! The values of a row to insert, as the structs that the macros make hold them.

use crate::value::{DecodeError, Param};

/// A value for each column of a model, or what kept one of them from being sent.
#[derive(Debug)]
pub struct NewValues(Result<Vec<Option<Param>>, DecodeError>);

impl NewValues {
    /// Leaves all of so many columns to the database.
    pub fn new(columns: usize) -> Self {
        Self(Ok((0..columns).map(|_| None).collect()))
    }

    /// Sets the column at an index. Of several values that can't be sent the first one is told.
    #[must_use]
    pub fn with(mut self, index: usize, field: &str, value: Result<Param, DecodeError>) -> Self {
        if let Ok(values) = &mut self.0 {
            match in_field(value, field) {
                Ok(value) => values[index] = Some(value),
                Err(error) => self.0 = Err(error),
            }
        }
        self
    }

    /// Returns the values of all columns, in order; none where the database fills the column in.
    ///
    /// # Errors
    ///
    /// When PostgreSQL has no such value.
    pub fn finish(self) -> Result<Vec<Option<Param>>, DecodeError> {
        self.0
    }
}

/// Names the field of a value that can't be sent.
///
/// # Errors
///
/// The error given.
pub fn in_field(value: Result<Param, DecodeError>, field: &str) -> Result<Param, DecodeError> {
    value.map_err(|error| format!("field `{field}`: {error}").into())
}
