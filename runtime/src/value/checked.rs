//! Checks of the application's own, `check_with`, for the macros.

use std::fmt::Display;

use super::{DecodeError, Param};
use crate::error::{Refused, Violation, Withheld};

/// Makes a parameter of a value that a check takes.
///
/// # Errors
///
/// When the check refuses the value, or PostgreSQL has no such value.
pub fn checked<T, E: Display>(
    value: &T,
    param: impl FnOnce(&T) -> Result<Param, DecodeError>,
    check: impl FnOnce(&T) -> Result<(), E>,
) -> Result<Param, DecodeError> {
    accepted(check(value))?;
    param(value)
}

/// Makes a parameter of a value that a check takes if there is one.
///
/// # Errors
///
/// As [`checked`].
pub fn checked_if_some<T, E: Display>(
    value: &Option<T>,
    param: impl FnOnce(&Option<T>) -> Result<Param, DecodeError>,
    check: impl FnOnce(&T) -> Result<(), E>,
) -> Result<Param, DecodeError> {
    value
        .as_ref()
        .map_or(Ok(()), |value| accepted(check(value)))?;
    param(value)
}

/// Notes what a check of a field says.
pub fn note<T, E: Display>(
    violations: &mut Vec<Violation>,
    field: &'static str,
    value: &T,
    check: impl FnOnce(&T) -> Result<(), E>,
) {
    if let Err(why) = check(value) {
        violations.push(Violation::new(field, why.to_string()));
    }
}

/// Notes what a check of a field says, if there is a value.
pub fn note_if_some<T, E: Display>(
    violations: &mut Vec<Violation>,
    field: &'static str,
    value: &Option<T>,
    check: impl FnOnce(&T) -> Result<(), E>,
) {
    if let Some(value) = value {
        note(violations, field, value, check);
    }
}

/// The words of a check of a field that refuses a value.
pub fn refusal<T, E: Display>(
    value: &T,
    check: impl FnOnce(&T) -> Result<(), E>,
) -> Option<String> {
    check(value).err().map(|why| why.to_string())
}

/// The words of a check of a field that refuses a value, if there is one.
pub fn refusal_if_some<T, E: Display>(
    value: &Option<T>,
    check: impl FnOnce(&T) -> Result<(), E>,
) -> Option<String> {
    refusal(value.as_ref()?, check)
}

/// Takes the answer of a type's check to a value that is to be sent.
///
/// # Errors
///
/// When it refuses the value.
pub fn accepted<E: Display>(answer: Result<(), E>) -> Result<(), DecodeError> {
    answer.map_err(|why| Refused(why.to_string()).into())
}

/// Takes the answer of a type's check to a value that was read.
///
/// # Errors
///
/// When it refuses the value.
pub fn accepted_stored<E: Display>(answer: Result<(), E>) -> Result<(), DecodeError> {
    answer.map_err(|why| {
        let told = "a check of its type refuses the stored value";
        Withheld::new(told, format!("{told}: {why}")).into()
    })
}
