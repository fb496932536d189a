//! Waiting in tests for what others bring about: as long as a loaded machine may take, and never for ever.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Condvar, Mutex, PoisonError};
use std::thread::{self, ScopedJoinHandle};
use std::time::{Duration, Instant};

/// How long a test that fails waits before it says so. One that passes takes a small part of it, on any machine.
const LONG: Duration = Duration::from_mins(2);

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(5);

/// Waits until something is so.
///
/// # Panics
///
/// When it does not come; the words say what it is.
#[track_caller]
pub fn until(what: &str, is_so: impl FnMut() -> bool) {
    until_or(what, || false, is_so);
}

/// Waits until a thread has brought something about.
///
/// # Panics
///
/// When the thread ends without it, or it does not come.
#[track_caller]
pub fn until_by<T>(thread: &ScopedJoinHandle<'_, T>, what: &str, is_so: impl FnMut() -> bool) {
    until_or(what, || thread.is_finished(), is_so);
}

#[track_caller]
fn until_or(what: &str, is_over: impl Fn() -> bool, mut is_so: impl FnMut() -> bool) {
    let since = Instant::now();
    loop {
        // What it has brought about last is still to be seen.
        let was_over = is_over();
        if is_so() {
            return;
        }
        assert!(!was_over, "it ended, and this was not so: {what}");
        assert!(since.elapsed() < LONG, "this did not come: {what}");
        thread::sleep(PAUSE);
    }
}

/// Shows that something is done sooner than a limit at least once in several tries, however loaded the machine is.
///
/// It is for what takes as long as the limit each time if it goes wrong, and hardly any time otherwise: so each try has to
/// bring about again what it is to be quick in spite of.
///
/// # Panics
///
/// When it never is.
#[track_caller]
pub fn sooner_once(limit: Duration, mut work: impl FnMut()) {
    let mut took = Vec::new();
    for _ in 0..5 {
        let since = Instant::now();
        work();
        took.push(since.elapsed());
        if since.elapsed() < limit {
            return;
        }
    }
    panic!("it takes longer than {limit:?} each time: {took:?}");
}

/// A place where threads wait for each other, as at [`std::sync::Barrier`]. If one of them fails, the others do too.
#[derive(Debug)]
pub struct Meeting {
    all: usize,
    come: Mutex<usize>,
    changed: Condvar,
}

impl Meeting {
    /// Makes a meeting of so many threads.
    pub fn new(all: usize) -> Self {
        Self {
            all,
            come: Mutex::new(0),
            changed: Condvar::new(),
        }
    }

    /// Waits until all are there. They can meet again.
    ///
    /// # Panics
    ///
    /// When somebody does not come.
    #[track_caller]
    pub fn wait(&self) {
        let mut come = self.come.lock().unwrap_or_else(PoisonError::into_inner);
        let meeting = *come / self.all;
        *come += 1;
        self.changed.notify_all();
        let waited = self
            .changed
            .wait_timeout_while(come, LONG, |come| *come / self.all == meeting);
        let (come, outcome) = waited.unwrap_or_else(PoisonError::into_inner);
        drop(come);
        assert!(!outcome.timed_out(), "somebody did not come");
    }
}

/// Has threads stop when it is dropped, so when a test fails too: they would go on, and the test wait for them.
#[derive(Debug)]
pub struct Stop<'s>(pub &'s AtomicBool);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}
