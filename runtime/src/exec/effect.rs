//! Effects that a statement may have beside giving its answer.

/// Effects that a statement may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Effect {
    /// It reads, so it can be run again.
    Reads,
    /// It changes rows, and leaves nothing else behind.
    Writes,
    /// It waits for a lock in a savepoint of its own, or tells who has it, and leaves nothing else behind. That the lock was not had is for the
    /// caller to handle.
    Waits,
    /// It is not known: it may change rows, and leave something in the session, such as a setting or a temporary table.
    Unknown,
}
