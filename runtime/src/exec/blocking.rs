//! Blocking work on the threads of an asynchronous program.
//!
//! The driver waits by running a small runtime of its own, which tokio forbids on threads that run tasks: it panics, and
//! aborts the process when that happens in a drop. So there the work is done by a thread of its own, for which the
//! caller's waits. The caller's thread is blocked as it would be without a runtime.

use std::mem;
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use postgres::Client;
use tokio::runtime::Handle;
use tracing::{Span, dispatcher};

/// Runs work that blocks, also on a thread of an asynchronous runtime, and waits for it.
///
/// All of tenantry does so by itself. It is for the driver's own connection, which panics on such a thread:
///
/// ```no_run
/// # fn main() -> tenantry::Result<()> {
/// # let db = tenantry::Database::connect("postgres://app@localhost/app")?;
/// let mut scope = db.shared()?;
/// let client = scope.client();
/// tenantry::exec::blocking(|| client.batch_execute("NOTIFY cleared"))?;
/// # Ok(())
/// # }
/// ```
///
/// # Panics
///
/// When the work panics, or a thread is needed and the system has none left.
pub fn blocking<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    if !in_runtime() {
        return work();
    }
    let (listener, span) = (dispatcher::get_default(Clone::clone), Span::current());
    let work = move || dispatcher::with_default(&listener, || span.in_scope(work));
    thread::scope(|scope| match scope.spawn(work).join() {
        Ok(value) => value,
        Err(panic) => resume_unwind(panic),
    })
}

/// Closes a connection. One that does not answer is left to a thread, because the driver waits for the answer first.
pub(super) fn close(client: Client, answers: bool) {
    if answers && !in_runtime() {
        return drop(client);
    }
    let client = Arc::new(Mutex::new(Some(client)));
    let theirs = Arc::clone(&client);
    let take = |client: &Mutex<Option<Client>>| {
        let mut client = client.lock().unwrap_or_else(PoisonError::into_inner);
        client.take()
    };
    match thread::Builder::new().spawn(move || drop(take(&theirs))) {
        // Whoever drops a database next expects that nobody is connected.
        Ok(thread) if answers => drop(thread.join()),
        Ok(_) => {}
        // To drop it here could abort the process. The system closes it in the end.
        Err(_) => mem::forget(take(&client)),
    }
}

/// Whether this is a thread of an asynchronous runtime.
pub(crate) fn in_runtime() -> bool {
    match Handle::try_current() {
        Ok(_) => true,
        Err(error) => error.is_thread_local_destroyed(),
    }
}
