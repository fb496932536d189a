//! Panics of background threads, which nobody would be told of.

use std::any::Any;
#[cfg(feature = "tokio")]
use std::future::{Future, poll_fn};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
#[cfg(feature = "tokio")]
use std::pin::pin;
#[cfg(feature = "tokio")]
use std::task::Poll;

use crate::error::{Error, ErrorKind, Result};

/// Does a piece of work of a background thread, which goes on: a panic is an error like any other.
pub(crate) fn caught<T>(work: impl FnOnce() -> Result<T>) -> Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(panicked(&*panic)))
}

/// The same for a task.
#[cfg(feature = "tokio")]
pub(super) async fn caught_in_task<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    let mut work = pin!(work);
    poll_fn(|task| {
        let polled = catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(task)));
        polled.unwrap_or_else(|panic| Poll::Ready(Err(panicked(&*panic))))
    })
    .await
}

/// Starts a thread that does one piece of work, and has its errors logged. Gives `false` if the system has no thread left.
pub(super) fn begin(
    name: &str,
    failure: &'static str,
    work: impl FnOnce() -> Result<()> + Send + 'static,
) -> bool {
    let work = move || {
        if let Err(error) = caught(work) {
            tracing::warn!(%error, "{failure}");
        }
    };
    let thread = std::thread::Builder::new().name(name.to_owned());
    thread.spawn(work).is_ok()
}

/// The error where the system has no thread for a purpose.
pub(crate) fn no_thread(purpose: &str, error: io::Error) -> Error {
    let message = format!(
        "the system has no thread left {purpose}\n\
         help: have fewer threads, or raise how many the process may have (`ulimit -u`, the limit of its control group)"
    );
    Error::new(ErrorKind::Resources, message).because(error)
}

/// The words of a panic, if it has any.
pub(crate) fn words_of(panic: &(dyn Any + Send)) -> Option<String> {
    let words = panic
        .downcast_ref::<&str>()
        .map(|words| (*words).to_owned());
    words.or_else(|| panic.downcast_ref::<String>().cloned())
}

/// The error for a panic. Its words may be those of the application, with values: they are in the cause.
fn panicked(panic: &(dyn Any + Send)) -> Error {
    let words = words_of(panic);
    let error = Error::new(
        ErrorKind::Aborted,
        "a background thread panicked, and what it was at is given up\n\
         help: look at what the panic has printed; where it is of tenantry itself, please report it",
    );
    match words {
        Some(words) => error.because(words),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error as _;

    use super::*;

    #[test]
    fn a_panic_is_an_error_with_its_words_in_the_cause() {
        for work in [
            || -> Result<()> { panic!("lost") },
            || panic!("{}", "lost".to_owned()),
        ] {
            let error = caught(work).unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Aborted);
            assert!(!error.to_string().contains("lost"), "{error}");
            assert_eq!(error.source().unwrap().to_string(), "lost");
        }
    }
}
