//! The line of those who wait for a connection: first come, first served.
//!
//! Who waits is a waker, so a thread and a task stand in the same line. A task may be woken and not come, since a future that lost
//! in a `select!` is polled by nobody: it keeps one connection from those behind it, and only while its time lasts.

use std::collections::VecDeque;
use std::sync::Arc;
use std::task::{Wake, Waker};
use std::thread::{self, Thread};
use std::time::Instant;

/// Those who wait, in the order in which they came.
#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: VecDeque<Waiting>,
    tickets: u64,
}

#[derive(Debug)]
struct Waiting {
    ticket: Ticket,
    waker: Waker,
    /// When its time is over.
    until: Option<Instant>,
}

/// A place in the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ticket(u64);

impl Queue {
    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Adds somebody at the end.
    pub(super) fn join(&mut self, waker: Waker, until: Option<Instant>) -> Ticket {
        let ticket = Ticket(self.tickets);
        self.tickets += 1;
        self.waiting.push_back(Waiting {
            ticket,
            waker,
            until,
        });
        ticket
    }

    /// Has somebody woken by this from now on.
    #[cfg(feature = "tokio")]
    pub(super) fn wake_by(&mut self, ticket: Ticket, waker: &Waker) {
        if let Some(waiting) = self.waiting.iter_mut().find(|it| it.ticket == ticket) {
            waiting.waker.clone_from(waker);
        }
    }

    /// How many come before somebody who is in the line.
    pub(super) fn before(&self, ticket: Ticket) -> Option<usize> {
        self.waiting.iter().position(|it| it.ticket == ticket)
    }

    /// Takes those out at the front whose time is over, except whoever asks.
    pub(super) fn pass_over(&mut self, now: Instant, asks: Option<Ticket>) {
        let is_over = |it: &mut Waiting| {
            Some(it.ticket) != asks && it.until.is_some_and(|until| until <= now)
        };
        while self.waiting.pop_front_if(is_over).is_some() {}
    }

    /// Takes somebody out, served or not.
    pub(super) fn leave(&mut self, ticket: Ticket) {
        self.waiting.retain(|it| it.ticket != ticket);
    }

    /// Wakes as many as can be served.
    pub(super) fn wake(&self, served: usize) {
        for waiting in self.waiting.iter().take(served) {
            waiting.waker.wake_by_ref();
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
    struct QueueCounts(AtomicUsize);

    impl Wake for QueueCounts {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[test]
    fn whoever_came_first_is_woken_until_it_leaves() {
        let mut queue = Queue::default();
        let counts: Vec<Arc<QueueCounts>> = (0..3).map(|_| Arc::default()).collect();
        let join = |counts: &Arc<QueueCounts>, queue: &mut Queue| {
            queue.join(Arc::clone(counts).into(), None)
        };
        let tickets = [0, 1, 2].map(|it| join(&counts[it], &mut queue));
        let woken = || -> Vec<usize> {
            let count = |counts: &Arc<QueueCounts>| counts.0.load(Ordering::Relaxed);
            counts.iter().map(count).collect()
        };
        queue.wake(0);
        queue.wake(1);
        queue.wake(1);
        assert_eq!(woken(), [2, 0, 0]);
        // One in the middle gives up.
        queue.leave(tickets[1]);
        assert_eq!(tickets.map(|it| queue.before(it)), [Some(0), None, Some(1)]);
        queue.wake(2);
        assert_eq!(woken(), [3, 0, 1]);
        queue.leave(tickets[0]);
        queue.wake(5);
        assert_eq!(woken(), [3, 0, 2]);
        queue.leave(tickets[2]);
        queue.wake(1);
        assert_eq!(queue.len(), 0);
    }

    #[test]
    fn whoever_does_not_come_in_time_is_passed_over() {
        let mut queue = Queue::default();
        let now = Instant::now();
        let untils = [Some(now), None, Some(now)];
        let [over, endless, behind] = untils.map(|until| queue.join(Waker::noop().clone(), until));
        queue.pass_over(now, Some(over));
        assert_eq!(queue.before(over), Some(0));
        queue.pass_over(now, Some(behind));
        let places = [over, endless, behind].map(|it| queue.before(it));
        assert_eq!(places, [None, Some(0), Some(1)]);
    }
}
