//! Steps of a connection's transactions.

use super::begin::Begin;

/// A step of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Begins a transaction, or a savepoint inside one.
    Begin(Begin),
    /// Commits the transaction or savepoint of a depth, which is the innermost.
    Commit(u32),
    /// Rolls back what is as deep as that, or deeper.
    RollBack(u32),
}

impl Command {
    /// Begins a transaction whose statements wait so many milliseconds for a lock.
    pub(crate) fn begin_waiting(milliseconds: u32) -> Self {
        Self::Begin(Begin {
            lock_timeout: Some(milliseconds),
            ..Begin::default()
        })
    }
}
