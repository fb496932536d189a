//! The values of a row to insert, as the structs that the macros make hold them.

use crate::error::{Invalid, Refused, Violation};
use crate::value::{DecodeError, FieldType, Param};

/// A value for each column of a model, or what kept one of them from being sent.
#[derive(Debug)]
pub struct NewValues {
    values: Result<Vec<Option<Param>>, Unfit>,
    /// Fields whose values the application's own checks refuse.
    violations: Vec<(usize, Violation)>,
}

/// A value that can't be sent, and the column and field that it is for.
#[derive(Debug)]
struct Unfit {
    index: usize,
    field: &'static str,
    error: DecodeError,
}

impl NewValues {
    /// Leaves all of so many columns to the database.
    pub fn new(columns: usize) -> Self {
        Self {
            values: Ok((0..columns).map(|_| None).collect()),
            violations: Vec::new(),
        }
    }

    /// Sets the column at an index. Of several values that can't be sent the first one is told, of those that are refused all.
    #[must_use]
    pub fn with(
        mut self,
        index: usize,
        field: &'static str,
        value: Result<Param, DecodeError>,
    ) -> Self {
        if !self.violations.is_empty() {
            self.violations.retain(|(of, _)| *of != index);
        }
        let value = match value {
            Ok(value) => Ok(value),
            Err(error) => match error.downcast::<Refused>() {
                Ok(refused) => {
                    let violation = Violation::new(field, refused.0);
                    self.violations.push((index, violation));
                    return self;
                }
                Err(error) => Err(error),
            },
        };
        if let Ok(values) = &mut self.values {
            match value {
                Ok(value) => values[index] = Some(value),
                Err(error) => {
                    self.values = Err(Unfit {
                        index,
                        field,
                        error,
                    });
                }
            }
        }
        self
    }

    /// Sets the columns of an embedded struct from an index on, of which `fields` are the names here. What is not given there is left as it is.
    #[must_use]
    pub fn embed(mut self, first: usize, fields: &[&'static str], embedded: Self) -> Self {
        match embedded.values {
            Ok(values) => {
                for (at, value) in values.into_iter().enumerate() {
                    if let Some(value) = value {
                        self = self.with(first + at, fields[at], Ok(value));
                    }
                }
            }
            Err(unfit) => {
                let at = unfit.index;
                self = self.with(first + at, fields[at], Err(unfit.error));
            }
        }
        let refused = embedded.violations.into_iter();
        self.violations.extend(refused.map(|(at, violation)| {
            let violation = Violation::new(fields[at], violation.message);
            (first + at, violation)
        }));
        self
    }

    /// Sets the columns of an `Option` of an embedded struct from an index on: where there is none, to nulls.
    #[must_use]
    pub fn embed_or_none(
        self,
        first: usize,
        fields: &[&'static str],
        embedded: Option<Self>,
        nulls: Vec<Param>,
    ) -> Self {
        let nulls = nulls.into_iter().enumerate();
        let none = nulls.fold(self, |values, (at, null)| {
            values.with(first + at, fields[at], Ok(null))
        });
        match embedded {
            Some(embedded) => none.embed(first, fields, embedded),
            None => none,
        }
    }

    /// Sets the column at an index unless it has a value, or one that is refused.
    #[must_use]
    pub fn or(self, index: usize, field: &'static str, value: Result<Param, DecodeError>) -> Self {
        let is_open = self.given(index).is_none() && self.values.is_ok();
        if is_open && self.violations.iter().all(|(of, _)| *of != index) {
            return self.with(index, field, value);
        }
        self
    }

    /// Returns the value of the column at an index, if it was given one that can be sent.
    pub fn given(&self, index: usize) -> Option<&Param> {
        self.values.as_ref().ok()?.get(index)?.as_ref()
    }

    /// Returns the values of all columns, in order; none where the database fills the column in.
    ///
    /// # Errors
    ///
    /// When PostgreSQL has no such value, or a check of the application refuses it.
    pub fn finish(mut self) -> Result<Vec<Option<Param>>, DecodeError> {
        if self.violations.is_empty() {
            return self.values.or_else(|unfit| {
                let Unfit { field, error, .. } = unfit;
                in_field(Err(error), field).map(|_| Vec::new())
            });
        }
        self.violations.sort_by_key(|(index, _)| *index);
        let violations = self.violations.into_iter().map(|(_, violation)| violation);
        Err(Invalid(violations.collect()).into())
    }
}

/// Returns the null of a column. For the macros.
pub fn null(ty: &FieldType) -> Param {
    Param::null(ty.sql.wire())
}

/// Names the field of a value that can't be sent.
///
/// # Errors
///
/// The error given.
pub fn in_field(
    value: Result<Param, DecodeError>,
    field: &'static str,
) -> Result<Param, DecodeError> {
    value.map_err(|error| match error.downcast::<Refused>() {
        Ok(refused) => Invalid(vec![Violation::new(field, refused.0)]).into(),
        Err(error) => format!("field `{field}`: {error}").into(),
    })
}
