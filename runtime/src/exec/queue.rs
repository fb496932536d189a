//! The line of those who wait for a connection: first come, first served.
//!
//! Who waits is a waker, so a thread and a task stand in the same line.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::thread::{self, Thread};

/// Those who wait, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<(Ticket, Waker)>,
    tickets: u64,
}

/// A place in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket(u64);

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Adds somebody at the end.
    pub(super) fn join(&mut self, waker: Waker) -> Ticket {
        let ticket = Ticket(self.tickets);
        self.tickets += 1;
        self.waiting.push_back((ticket, waker));
        ticket
    }

    /// Has somebody woken by this from now on.
    #[cfg(feature = "tokio")]
    pub(super) fn wake_by(&mut self, ticket: Ticket, waker: &Waker) {
        if let Some((_, theirs)) = self.waiting.iter_mut().find(|(other, _)| *other == ticket) {
            theirs.clone_from(waker);
        }
    }

    pub(super) fn is_first(&self, ticket: Ticket) -> bool {
        self.waiting
            .front()
            .is_some_and(|(first, _)| *first == ticket)
    }

    /// Takes somebody out, served or not.
    pub(super) fn leave(&mut self, ticket: Ticket) {
        self.waiting.retain(|(other, _)| *other != ticket);
    }

    /// Wakes the first.
    pub(super) fn wake(&self) {
        if let Some((_, waker)) = self.waiting.front() {
            waker.wake_by_ref();
        }
    }
}

/// Returns what wakes the current thread, which parks.
pub(super) fn this_thread() -> Waker {
    struct Unpark(Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    Waker::from(Arc::new(Unpark(thread::current())))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[derive(Default)]
    struct Counts(AtomicUsize);

    impl Wake for Counts {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn whoever_came_first_is_woken_until_it_leaves() {
        let mut queue = Queue::default();
        let counts: Vec<Arc<Counts>> = (0..3).map(|_| Arc::default()).collect();
        let join = |counts: &Arc<Counts>, queue: &mut Queue| queue.join(Arc::clone(counts).into());
        let tickets: Vec<Ticket> = counts.iter().map(|it| join(it, &mut queue)).collect();
        let woken = || -> Vec<usize> {
            let count = |counts: &Arc<Counts>| counts.0.load(Ordering::Relaxed);
            counts.iter().map(count).collect()
        };
        queue.wake();
        queue.wake();
        assert_eq!(woken(), [2, 0, 0]);
        // One in the middle gives up.
        queue.leave(tickets[1]);
        assert!(queue.is_first(tickets[0]) && !queue.is_first(tickets[2]));
        queue.leave(tickets[0]);
        queue.wake();
        assert_eq!(woken(), [2, 0, 1]);
        queue.leave(tickets[2]);
        queue.wake();
        assert!(queue.is_empty());
    }
}
