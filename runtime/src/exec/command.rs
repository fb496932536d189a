//! Steps of a connection's transactions.

/// A step of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Begins a transaction, or a savepoint inside one.
    Begin,
    /// Begins one whose statements wait so many milliseconds for a lock.
    BeginWaiting(u32),
    /// Commits the transaction or savepoint of a depth, which is the innermost.
    Commit(u32),
    /// Rolls back what is as deep as that, or deeper.
    RollBack(u32),
}

impl Command {
    /// The text that goes behind the one that begins, in the same message.
    pub(super) fn limit(self) -> String {
        match self {
            Self::BeginWaiting(milliseconds) => {
                format!("; SET LOCAL lock_timeout = {milliseconds}")
            }
            Self::Begin | Self::Commit(_) | Self::RollBack(_) => String::new(),
        }
    }
}
