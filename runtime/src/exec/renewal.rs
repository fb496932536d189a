//! Renewal: the successor of a connection is opened while that one still serves, so that nobody waits for it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

/// How long a connection goes on before another successor is tried, if the first could not be opened.
const RETRY: Duration = Duration::from_secs(1);

/// The place of a connection in the pool, for whoever opens its successor.
#[derive(Debug, Default)]
pub(super) struct Tenure {
    is_over: Arc<AtomicBool>,
    asked: Option<Instant>,
}

impl Tenure {
    /// Whether its successor is there.
    pub(super) fn is_over(&self) -> bool {
        self.is_over.load(Ordering::Relaxed)
    }
}

/// A successor that is being opened. When it is dropped, another may be.
#[derive(Debug)]
pub(crate) struct Renewal {
    of: Weak<AtomicBool>,
    _under_way: Arc<()>,
}

impl Renewal {
    /// Whether it is for that connection.
    pub(super) fn is_of(&self, tenure: &Tenure) -> bool {
        std::ptr::eq(self.of.as_ptr(), Arc::as_ptr(&tenure.is_over))
    }

    /// Has the connection closed when it comes back. Gives `false` if it is gone.
    pub(super) fn ends(&self) -> bool {
        let of = self.of.upgrade();
        of.is_some_and(|is_over| {
            is_over.store(true, Ordering::Relaxed);
            true
        })
    }
}

/// The renewals of a pool: one at a time, so that there is never more than one connection too many.
#[derive(Debug, Default)]
pub(super) struct Renewals(Weak<()>);

impl Renewals {
    /// Begins one, unless one is under way or this was tried a moment ago.
    pub(super) fn begin(&mut self, tenure: &mut Tenure) -> Option<Renewal> {
        let was_tried = tenure.asked.is_some_and(|asked| asked.elapsed() < RETRY);
        if was_tried || self.0.strong_count() > 0 {
            return None;
        }
        tenure.asked = Some(Instant::now());
        let under_way = Arc::new(());
        self.0 = Arc::downgrade(&under_way);
        Some(Renewal {
            of: Arc::downgrade(&tenure.is_over),
            _under_way: under_way,
        })
    }
}
