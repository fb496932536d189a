//! Log of a connection's transactions, for rows that were saved in one.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

/// Counts the transactions of a scope's connection. The scope and its rows share it.
#[derive(Debug, Default)]
pub(crate) struct TransactionLog {
    depth: AtomicU32,
    rollbacks: AtomicU64,
    commits: AtomicU64,
}

impl TransactionLog {
    /// Notes that a transaction or savepoint has begun.
    pub(crate) fn begun(&self) {
        self.depth.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes that the innermost one has ended, and whether its changes stay.
    pub(crate) fn ended(&self, kept: bool) {
        let outermost = self.depth.fetch_sub(1, Ordering::Relaxed) == 1;
        if !kept {
            self.rollbacks.fetch_add(1, Ordering::Relaxed);
        } else if outermost {
            self.commits.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many transactions and savepoints are open.
    pub(crate) fn depth(&self) -> u32 {
        self.depth.load(Ordering::Relaxed)
    }

    /// Whether a transaction is under way, so that what was done last can still be undone.
    pub(crate) fn is_open(&self) -> bool {
        self.depth() > 0
    }

    /// How many transactions were committed.
    pub(crate) fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// How often something was undone.
    pub(crate) fn rollbacks(&self) -> u64 {
        self.rollbacks.load(Ordering::Relaxed)
    }
}
