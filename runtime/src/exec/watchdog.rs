//! Cancels statements that take too long.
//!
//! The server's own `statement_timeout` would have to be set in the session, which a transaction pooler gives to
//! somebody else. So one thread of the process looks at all connections now and then.

use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use super::cancel::{By, Cancels};
use super::caught::begin;

/// How often it looks.
const EVERY: Duration = Duration::from_millis(100);

/// State of a connection.
pub(super) struct Watched {
    /// When what runs there is to be cancelled.
    due: Mutex<Option<Instant>>,
    cancels: Arc<Cancels>,
}

impl Watched {
    /// Has a connection looked at from now on, for as long as the result lives.
    pub(super) fn new(cancels: Arc<Cancels>) -> Arc<Self> {
        let watched = Arc::new(Self {
            due: Mutex::new(None),
            cancels,
        });
        all()
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(Arc::downgrade(&watched));
        watched
    }

    /// Notes that a statement begins that may take so long.
    pub(super) fn begin(&self, limit: Duration) {
        *self.due.lock().unwrap_or_else(PoisonError::into_inner) =
            Instant::now().checked_add(limit);
    }

    /// Notes that the statement is over.
    pub(super) fn end(&self) {
        *self.due.lock().unwrap_or_else(PoisonError::into_inner) = None;
    }

    fn look(self: &Arc<Self>) {
        let mut due = self.due.lock().unwrap_or_else(PoisonError::into_inner);
        if due.is_none_or(|due| due > Instant::now()) {
            return;
        }
        *due = None;
        if !self.cancels.begin(By::Clock) {
            return;
        }
        let cancels = Arc::clone(&self.cancels);
        let failure = "a statement that takes too long could not be cancelled";
        // Without a thread the connection's clock ends the wait a little later.
        begin("tenantry-cancel", failure, move || cancels.send());
    }
}

/// All connections. The first call starts the thread.
fn all() -> &'static Mutex<Vec<Weak<Watched>>> {
    static ALL: OnceLock<Mutex<Vec<Weak<Watched>>>> = OnceLock::new();
    static STARTED: OnceLock<()> = OnceLock::new();
    let all = ALL.get_or_init(Mutex::default);
    STARTED.get_or_init(|| {
        let thread = thread::Builder::new().name("tenantry-watch".to_owned());
        drop(thread.spawn(move || {
            loop {
                thread::sleep(EVERY);
                let mut watched = all.lock().unwrap_or_else(PoisonError::into_inner);
                watched.retain(|watched| {
                    watched.upgrade().is_some_and(|watched| {
                        watched.look();
                        true
                    })
                });
            }
        }));
    });
    all
}
