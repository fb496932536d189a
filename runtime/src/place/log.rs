//! Log of a connection's transactions, for rows that were saved in one.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The transactions of a scope's connection. The scope and its rows share it.
#[derive(Debug, Default)]
pub(crate) struct TransactionLog {
    depth: AtomicU32,
    /// How often something of the outermost transaction was undone: that which is open, or was last.
    rollbacks: Mutex<Arc<AtomicU64>>,
}

/// A moment in a transaction, by which it is told whether something was undone since. What other transactions do later does not count.
#[derive(Debug, Clone)]
pub(crate) struct Moment {
    rollbacks: Arc<AtomicU64>,
    before: u64,
}

impl Moment {
    /// Whether something of its transaction was undone since, perhaps a part of it only.
    pub(crate) fn is_undone(&self) -> bool {
        self.rollbacks.load(Ordering::Relaxed) != self.before
    }

    /// Whether both are of one transaction.
    pub(crate) fn is_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.rollbacks, &other.rollbacks)
    }
}

impl TransactionLog {
    fn rollbacks(&self) -> MutexGuard<'_, Arc<AtomicU64>> {
        self.rollbacks
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a transaction or savepoint has begun.
    pub(crate) fn begun(&self) {
        if self.depth.fetch_add(1, Ordering::Relaxed) == 0 {
            *self.rollbacks() = Arc::default();
        }
    }

    /// Notes that the innermost one has ended, and whether its changes stay.
    pub(crate) fn ended(&self, kept: bool) {
        self.depth.fetch_sub(1, Ordering::Relaxed);
        if !kept {
            self.rollbacks().fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many transactions and savepoints are open.
    pub(crate) fn depth(&self) -> u32 {
        self.depth.load(Ordering::Relaxed)
    }

    /// The moment, if a transaction is under way, so that what was done last can still be undone.
    pub(crate) fn moment(&self) -> Option<Moment> {
        (self.depth() > 0).then(|| {
            let rollbacks = Arc::clone(&self.rollbacks());
            Moment {
                before: rollbacks.load(Ordering::Relaxed),
                rollbacks,
            }
        })
    }
}
