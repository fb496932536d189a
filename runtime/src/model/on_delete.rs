//! Actions on rows when those that they reference are deleted.

/// Action on a row when the row that it references is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OnDelete {
    /// The delete fails. The default.
    NoAction,
    /// The delete fails at once, even inside a transaction with deferred constraints.
    Restrict,
    /// The row is deleted too.
    Cascade,
    /// The column becomes null.
    SetNull,
    /// The column gets its default.
    SetDefault,
}
