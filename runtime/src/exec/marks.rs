//! How far the primary was, and when: a replica that has come so far is no older than that moment.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::lsn::Written;

/// How far the server of a connection is.
#[derive(Debug, Clone)]
pub(super) struct MarkPosition {
    pub(super) replayed: Written,
    pub(super) system: String,
}

/// The positions of the primary within the time that rows of a replica may be old.
#[derive(Debug)]
pub(crate) struct Marks {
    bound: Duration,
    state: Mutex<MarkState>,
}

#[derive(Debug, Default)]
struct MarkState {
    /// In the order of time, and so in that of the positions.
    seen: VecDeque<(Instant, Written)>,
    /// The number that the primary's data was given when it was made.
    system: Option<String>,
}

impl Marks {
    pub(crate) fn new(bound: Duration) -> Self {
        Self {
            bound,
            state: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, MarkState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn bound(&self) -> Duration {
        self.bound
    }

    /// Notes where the primary was when it was asked, which is before the answer came.
    pub(crate) fn note(&self, at: Instant, written: Written, system: &str) {
        let mut state = self.state();
        let written = written.end();
        let is_before = state.seen.back().is_some_and(|(_, last)| written < *last);
        if is_before || state.system.as_deref() != Some(system) {
            // Another server answers by that name, or this one was brought back to an earlier time: nothing is known of it.
            state.seen.clear();
            state.system = Some(system.to_owned());
        }
        state.seen.push_back((at, written));
        while state
            .seen
            .pop_front_if(|(at, _)| at.elapsed() >= self.bound)
            .is_some()
        {}
    }

    /// Whether a replica of that data which has come so far has all that was there within the bound.
    pub(crate) fn is_fresh(&self, replayed: Written, system: &str) -> bool {
        let state = self.state();
        let mut within = state
            .seen
            .iter()
            .filter(|(at, _)| at.elapsed() < self.bound);
        state.system.as_deref() == Some(system) && within.any(|(_, written)| replayed >= *written)
    }

    /// Whether nothing is known that is young enough.
    pub(crate) fn are_none(&self) -> bool {
        let state = self.state();
        state.seen.iter().all(|(at, _)| at.elapsed() >= self.bound)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Written {
        text.parse().expect("a position")
    }

    #[test]
    fn a_replica_is_as_old_as_the_youngest_position_that_it_has_reached() {
        let marks = Marks::new(Duration::from_hours(1));
        assert!(marks.are_none() && !marks.is_fresh(written("F/0"), "1"));
        let now = Instant::now();
        marks.note(now, written("0/100"), "1");
        marks.note(now, written("0/200"), "1");
        assert!(!marks.is_fresh(written("0/80"), "1"));
        // Nothing came since, however long ago that was: an idle primary has no fresher rows.
        assert!(marks.is_fresh(written("0/100"), "1"));
        assert!(marks.is_fresh(written("0/300"), "1"));
        assert!(!marks.is_fresh(written("0/300"), "2"), "another server's");
        marks.note(now, written("0/50"), "2");
        assert!(!marks.is_fresh(written("0/300"), "1"));
        assert!(marks.is_fresh(written("0/50"), "2"));
    }

    #[test]
    fn what_a_primary_was_at_before_it_was_brought_back_counts_no_more() {
        let marks = Marks::new(Duration::from_hours(1));
        marks.note(Instant::now(), written("0/100"), "1");
        marks.note(Instant::now(), written("0/300"), "1");
        assert!(marks.is_fresh(written("0/100"), "1"));
        marks.note(Instant::now(), written("0/200"), "1");
        assert!(!marks.is_fresh(written("0/100"), "1"));
        assert!(marks.is_fresh(written("0/200"), "1"));
    }

    #[test]
    fn a_position_counts_only_for_so_long() {
        let marks = Marks::new(Duration::ZERO);
        marks.note(Instant::now(), written("0/1"), "1");
        assert!(marks.are_none() && !marks.is_fresh(written("0/1"), "1"));
    }
}
