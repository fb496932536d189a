//! Which rows are meant of a model whose deleted rows stay in its table.

/// Rows that are meant, where deleted rows stay in the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Deleted {
    /// Those that are not deleted.
    LeftOut,
    /// All.
    Included,
    /// Those that are deleted.
    Only,
}
