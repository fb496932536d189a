//! Direction of a run.

/// Direction of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Direction {
    /// Migrations are applied.
    Up,
    /// Migrations are rolled back.
    Down,
}

impl Direction {
    /// How the version of a tenant compares that is not where it should be.
    pub(crate) fn beyond(self) -> &'static str {
        match self {
            Self::Up => "<",
            Self::Down => ">",
        }
    }
}
