//! Failures that may pass, and the wait before the next attempt.

use std::time::Duration;

use postgres::error::SqlState;

use crate::error::{self, Error, ErrorKind};
use crate::random;

/// Whether a transaction failed for a lock that may be free the next time, for the room that the server has for locks, or because
/// another one has changed the same entry of the catalogue.
pub(crate) fn is_lock_failure(error: &postgres::Error) -> bool {
    let codes = [
        SqlState::LOCK_NOT_AVAILABLE,
        SqlState::T_R_DEADLOCK_DETECTED,
        SqlState::OUT_OF_MEMORY,
    ];
    error.code().is_some_and(|code| codes.contains(code))
        || error.as_db_error().is_some_and(error::is_catalogue_race)
}

/// Whether it can work another time, as the server tells it, or because the connection is lost.
pub(crate) fn is_passing(error: &Error) -> bool {
    let is_passing_kind = matches!(
        error.kind(),
        ErrorKind::Connection | ErrorKind::Serialization
    );
    is_passing_kind
        || error.server_error().is_some_and(error::is_catalogue_race)
        || error.sqlstate().is_some_and(error::is_passing)
}

/// The same for what was tried out and not done: what takes longer than it may will do so again.
pub(crate) fn may_pass(error: &Error) -> bool {
    is_passing(error) && error.sqlstate() != Some(SqlState::QUERY_CANCELED.code())
}

/// Whether an error comes only of several migrations being one transaction: a label of an enum that is new, or a table whose
/// triggers wait for the end.
pub(crate) fn is_of_transactions(error: &Error) -> bool {
    let code = error.sqlstate();
    code.is_some_and(|code| ["55P04", "55006"].contains(&code))
}

/// How long to wait before an attempt: longer each time, and never as long as anybody else.
pub(crate) fn backoff(attempts: usize) -> Duration {
    const LIMITS: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(10));
    random::backoff(LIMITS, u32::try_from(attempts).unwrap_or(u32::MAX))
}
