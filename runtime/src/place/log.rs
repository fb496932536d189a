//! Log of a connection's transactions, for rows that were saved in one.

use std::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The transactions of a scope's connection. The scope and its rows share it.
#[derive(Debug, Default)]
pub(crate) struct TransactionLog {
    depth: AtomicU32,
    /// The innermost transaction or savepoint that is open.
    innermost: Mutex<Option<Arc<Frame>>>,
}

/// The end of a transaction or savepoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum End {
    /// Its changes stay, or, of a savepoint, share the fate of what it is in.
    Kept = 1,
    /// Its changes are undone.
    Undone = 2,
    /// Whether its changes stay is not known, as of a commit whose answer was lost.
    Unknown = 3,
}

/// Fate of what was done in a transaction or savepoint.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It can still be undone.
    Open,
    Ended(End),
}

/// A transaction or savepoint.
#[derive(Debug)]
struct Frame {
    /// Its [`End`]; zero as long as it is open.
    end: AtomicU8,
    within: Option<Arc<Self>>,
}

/// A transaction or savepoint in which something was done, by which it is told later what became of that. What other transactions do
/// does not count.
#[derive(Debug, Clone)]
pub(crate) struct Moment(Arc<Frame>);

impl Moment {
    /// Returns what became of what was done.
    pub(crate) fn fate(&self) -> Fate {
        let mut fate = Fate::Ended(End::Kept);
        let mut frame = Some(&self.0);
        while let Some(at) = frame {
            match at.end() {
                None => fate = fate.or(Fate::Open),
                Some(End::Kept) => {}
                Some(End::Unknown) => fate = Fate::Ended(End::Unknown),
                // Whatever is around it or in it.
                Some(End::Undone) => return Fate::Ended(End::Undone),
            }
            frame = at.within.as_ref();
        }
        fate
    }

    /// Whether both share their fate: they are of one transaction, or of savepoints whose work was taken over by the same.
    pub(crate) fn is_with(&self, other: &Self) -> bool {
        Arc::ptr_eq(self.taken_over(), other.taken_over())
    }

    /// The transaction or savepoint that has taken over the work.
    fn taken_over(&self) -> &Arc<Frame> {
        let mut frame = &self.0;
        while let (Some(End::Kept), Some(within)) = (frame.end(), &frame.within) {
            frame = within;
        }
        frame
    }
}

impl Fate {
    /// The fate of the whole: of it is not known whatever is not known of a part.
    fn or(self, other: Self) -> Self {
        if self == Self::Ended(End::Unknown) {
            self
        } else {
            other
        }
    }
}

impl Frame {
    fn end(&self) -> Option<End> {
        match self.end.load(Ordering::Relaxed) {
            0 => None,
            1 => Some(End::Kept),
            2 => Some(End::Undone),
            _ => Some(End::Unknown),
        }
    }
}

impl TransactionLog {
    fn innermost(&self) -> MutexGuard<'_, Option<Arc<Frame>>> {
        self.innermost
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes that a transaction or savepoint has begun.
    pub(crate) fn begun(&self) {
        let mut innermost = self.innermost();
        let within = innermost.take();
        let end = AtomicU8::new(0);
        *innermost = Some(Arc::new(Frame { end, within }));
        self.depth.fetch_add(1, Ordering::Relaxed);
    }

    /// Notes that the innermost one has ended.
    pub(crate) fn ended(&self, end: End) {
        let mut innermost = self.innermost();
        if let Some(frame) = innermost.take() {
            frame.end.store(end as u8, Ordering::Relaxed);
            innermost.clone_from(&frame.within);
            self.depth.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// How many transactions and savepoints are open.
    pub(crate) fn depth(&self) -> u32 {
        self.depth.load(Ordering::Relaxed)
    }

    /// The moment, if a transaction is under way, so that what was done last can still be undone.
    pub(crate) fn moment(&self) -> Option<Moment> {
        self.innermost().clone().map(Moment)
    }
}

#[cfg(test)]
mod tests {
    use super::{End, Fate, TransactionLog};

    #[test]
    fn work_shares_the_fate_of_what_has_taken_it_over() {
        let log = TransactionLog::default();
        assert!(log.moment().is_none());
        log.begun();
        let outer = log.moment().unwrap();
        log.begun();
        let kept = log.moment().unwrap();
        log.ended(End::Kept);
        log.begun();
        let undone = log.moment().unwrap();
        assert_eq!(undone.fate(), Fate::Open);
        log.ended(End::Undone);
        assert!(kept.is_with(&outer) && !undone.is_with(&outer));
        assert_eq!((outer.fate(), kept.fate()), (Fate::Open, Fate::Open));
        assert_eq!(undone.fate(), Fate::Ended(End::Undone));
        log.ended(End::Unknown);
        assert_eq!(kept.fate(), Fate::Ended(End::Unknown));
        assert_eq!(undone.fate(), Fate::Ended(End::Undone));
        log.begun();
        let later = log.moment().unwrap();
        log.begun();
        let lost = log.moment().unwrap();
        log.ended(End::Unknown);
        assert_eq!(lost.fate(), Fate::Ended(End::Unknown));
        log.ended(End::Undone);
        assert_eq!(lost.fate(), Fate::Ended(End::Undone));
        assert_eq!(later.fate(), Fate::Ended(End::Undone));
        assert_eq!(log.depth(), 0);
    }
}
