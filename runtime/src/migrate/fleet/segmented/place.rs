//! How far a migration in segments has come.

use std::fmt;

/// The place in a migration in segments, as the metadata tables have it: step 0, or the number of the segment that comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Nothing of it is done, and it is not in the ledger.
    NotBegun,
    /// It is in the ledger, and this segment comes next.
    At(Nth),
}

/// The number of a segment, from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Nth(i32);

impl Place {
    /// Reads what the metadata tables say. A number that no segment has is kept, so that it can be told.
    pub(crate) fn of_step(step: i32) -> Self {
        if step == 0 {
            Self::NotBegun
        } else {
            Self::At(Nth(step))
        }
    }

    /// Returns the number that the metadata tables have for it.
    pub(super) fn step(self) -> i32 {
        match self {
            Self::NotBegun => 0,
            Self::At(nth) => nth.0,
        }
    }

    pub(crate) fn is_begun(self) -> bool {
        self != Self::NotBegun
    }
}

impl Nth {
    pub(super) const FIRST: Self = Self(1);

    pub(super) fn next(self) -> Self {
        Self(self.0 + 1)
    }

    /// The place in a list of all segments.
    pub(super) fn index(self) -> usize {
        usize::try_from(self.0 - 1).unwrap_or(usize::MAX)
    }
}

/// Writes the number as the metadata tables have it.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.step().fmt(f)
    }
}
