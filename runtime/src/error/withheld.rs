//! Errors whose words tell no value, with the words that do.

use std::{error, fmt};

/// An error that may quote a value of a row: it says which kind of error it is, and keeps the rest for
/// [`Error::details`](super::Error::details).
pub(crate) struct Withheld {
    told: String,
    all: String,
}

impl Withheld {
    /// An error that says the first, and keeps the second.
    pub(crate) fn new(told: impl Into<String>, all: impl Into<String>) -> Self {
        Self {
            told: told.into(),
            all: all.into(),
        }
    }

    pub(super) fn all(&self) -> &str {
        &self.all
    }
}

impl error::Error for Withheld {}

impl fmt::Display for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told)
    }
}

/// The same: errors are logged in this form, too.
impl fmt::Debug for Withheld {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.told, f)
    }
}

/// An error with the place that it is of.
#[derive(Debug)]
pub(crate) struct At {
    place: String,
    cause: Box<dyn error::Error + Send + Sync>,
}

impl At {
    pub(crate) fn new(place: String, cause: Box<dyn error::Error + Send + Sync>) -> Self {
        Self { place, cause }
    }
}

impl error::Error for At {
    fn source(&self) -> Option<&(dyn error::Error + 'static)> {
        Some(&*self.cause)
    }
}

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.cause)
    }
}
