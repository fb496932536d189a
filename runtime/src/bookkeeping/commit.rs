//! Commits whose answer was lost.

use postgres::error::SqlState;

use crate::error::{Error, ErrorKind};

/// The error of a commit of whatever change.
pub(crate) fn committing(error: postgres::Error) -> Error {
    if !is_lost(&error) {
        return error.into();
    }
    unknown(
        error,
        "the connection broke before the server had answered: whether the change took effect is not known\n\
         help: do it again: what took effect is found, and is not done twice",
    )
}

/// The error for a commit of which nobody knows whether it took effect, in these words.
pub(crate) fn unknown(error: postgres::Error, message: &str) -> Error {
    Error::new(ErrorKind::CommitUnknown, message).because(Error::from(error))
}

/// Whether the connection broke before the answer, so that nobody knows whether the server has committed.
///
/// When it answers that it refuses something, it has not; except for the words with which it dies of another process's crash.
pub(crate) fn is_lost(error: &postgres::Error) -> bool {
    if let Some(code) = error.code() {
        return *code == SqlState::CRASH_SHUTDOWN;
    }
    let cause = std::error::Error::source(error);
    error.is_closed() || cause.is_some_and(<dyn std::error::Error>::is::<std::io::Error>)
}
