//! Values that the application's own checks refuse.

use std::{error, fmt};

use serde::Serialize;

/// A field whose value a check of the application refuses: one of [`Error::violations`](super::Error::violations).
///
/// It serialises as an object of both, for whoever shows a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Violation {
    /// The field's name.
    pub field: &'static str,
    /// The words of the check, which may quote the value.
    pub message: String,
}

impl Violation {
    pub(crate) fn new(field: &'static str, message: String) -> Self {
        Self { field, message }
    }
}

/// The refusal of a value whose field is not known yet, in the words of the check.
pub(crate) struct Refused(pub(crate) String);

/// All refusals of a row.
pub(crate) struct Invalid(pub(crate) Vec<Violation>);

impl error::Error for Refused {}
impl error::Error for Invalid {}

// The words are for whoever asks for them: they can quote a value.

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a check of its type refuses the value")
    }
}

/// The fields alone.
impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, Violation { field, .. }) in self.0.iter().enumerate() {
            write!(f, "{}`{field}`", if place == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Refused")
    }
}

impl fmt::Debug for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fields = self.0.iter().map(|violation| violation.field);
        f.debug_list().entries(fields).finish()
    }
}
