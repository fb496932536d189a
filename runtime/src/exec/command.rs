//! Steps of a connection's transactions.

/// A step of a transaction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Begins a transaction, or a savepoint inside one.
    Begin,
    /// Commits the transaction or savepoint of a depth, which is the innermost.
    Commit(u32),
    /// Rolls back what is as deep as that, or deeper.
    RollBack(u32),
}
