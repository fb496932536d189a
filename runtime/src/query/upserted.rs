//! Rows of upserts, with which of both was done.

/// A row that was written, and how. Rows of partitioned tables can't tell: of these it is
/// [`ErrorKind::Configuration`](crate::ErrorKind::Configuration) to ask.
#[derive(Debug, Clone, PartialEq)]
pub enum Upserted<R> {
    /// It is new.
    Inserted(R),
    /// It was there, and has changed.
    Updated(R),
}

impl<R> Upserted<R> {
    /// Tells whether the row is new.
    pub fn is_new(&self) -> bool {
        matches!(self, Self::Inserted(_))
    }

    /// The row, whichever it is.
    pub fn into_row(self) -> R {
        match self {
            Self::Inserted(row) | Self::Updated(row) => row,
        }
    }

    pub(super) fn of((row, is_new): (R, bool)) -> Self {
        if is_new {
            Self::Inserted(row)
        } else {
            Self::Updated(row)
        }
    }
}
