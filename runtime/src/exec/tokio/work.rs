//! Work that blocks, for tasks that wait for it.

use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};
use tokio::time::timeout;
use tracing::{Span, dispatcher};

use crate::error::{Error, ErrorKind, Result};
use crate::exec::no_thread;

/// Threads for work that blocks. There are as many at a time as there are connections for it.
///
/// They are none of the runtime's: there the blocking driver would need a thread of its own for each statement.
#[derive(Debug, Clone)]
pub(crate) struct Workers {
    free: Arc<Semaphore>,
    wait: Duration,
}

impl Workers {
    pub(crate) fn new(at_once: usize, wait: Duration) -> Self {
        Self {
            free: Arc::new(Semaphore::new(at_once)),
            wait,
        }
    }

    /// Does a piece of work. It goes on to its end when nobody waits for it any more.
    ///
    /// # Errors
    ///
    /// When others keep the threads busy for too long, or the system has none left.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let free = timeout(self.wait, Arc::clone(&self.free).acquire_owned()).await;
        let Ok(Ok(permit)) = free else {
            let message = format!(
                "the connections for control work were all in use for {:?}\nhelp: have fewer tenants created and changed at a time",
                self.wait
            );
            return Err(Error::new(ErrorKind::Resources, message));
        };
        let (tell, told) = oneshot::channel();
        let (listener, span) = (dispatcher::get_default(Clone::clone), Span::current());
        let work = move || {
            let _permit = permit;
            let work = || dispatcher::with_default(&listener, || span.in_scope(work));
            drop(tell.send(catch_unwind(AssertUnwindSafe(work))));
        };
        let thread = thread::Builder::new().name("tenantry-control".to_owned());
        if let Err(error) = thread.spawn(work) {
            return Err(no_thread("for control work", error));
        }
        match told.await {
            Ok(Ok(outcome)) => outcome,
            Ok(Err(panic)) => resume_unwind(panic),
            Err(_) => unreachable!("the thread tells in any case"),
        }
    }
}
