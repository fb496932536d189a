//! Errors that tell that the server took nothing up of what it was sent.

use std::error::Error as _;
use std::io;

use postgres::error::SqlState;

/// Tells whether a session was over before the server began with a statement, by an error that came over a socket of the machine
/// before the server had described the statement's answer.
///
/// The server's messages come in the order in which they were said. Before it runs a statement it says what rows it will
/// give; so one that says first that the session was ended has run nothing, and does no more. Such a socket
/// breaks while it is written to only if nobody is there to read, and without its last byte a statement is not run.
pub(super) fn was_over(error: &postgres::Error) -> bool {
    if let Some(told) = error.as_db_error() {
        // A pooler may use the code for itself, but names no place in PostgreSQL's source.
        return *told.code() == SqlState::ADMIN_SHUTDOWN
            && told.routine() == Some("ProcessInterrupts");
    }
    let cause = error.source().and_then(|cause| cause.downcast_ref());
    cause.map(io::Error::kind) == Some(io::ErrorKind::BrokenPipe)
}
