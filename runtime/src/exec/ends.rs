//! The statements that begin and end transactions, and the errors of those that have not ended well, or of which that is not known.

use super::{Begin, Effect, Gives, Statement};
use crate::error::{Error, ErrorKind};

/// Reason why the outcome of what was done on the lent connection is not known.
pub(super) const LENT: &str =
    "one whose answer was not seen here, as of what is sent through `client`";

/// Reason why the outcome of a statement is not known whose future was dropped.
pub(super) const DROPPED: &str = "one whose answer nobody has waited for";

/// Reason why it is not known whether the outermost transaction is committed.
pub(super) const COMMITTING: &str = "a commit whose answer nobody has waited for";

/// The same where it is not for us to end it: somebody else commits it, or the connection broke meanwhile.
pub(super) const UNTOLD: &str = "a commit of which nothing was told";

/// Begins a transaction, or inside of so many a savepoint. It can be sent again over another connection, as something that reads.
pub(super) fn begins(begin: Begin, depth: u32) -> Statement {
    batch(begin.sql(depth), Effect::Reads)
}

/// Commits the transaction or savepoint of a depth, after something else in the same message.
pub(super) fn commit(depth: u32, before: &str) -> Statement {
    let end = match depth {
        0 | 1 => "COMMIT".to_owned(),
        depth => format!("RELEASE SAVEPOINT tenantry_{}", depth - 1),
    };
    batch(format!("{before}{end}"), Effect::Writes)
}

/// Rolls back the transaction or savepoint of a depth.
pub(super) fn roll_back(depth: u32) -> Statement {
    let sql = match depth {
        0 | 1 => "ROLLBACK".to_owned(),
        depth => {
            let name = depth - 1;
            format!("ROLLBACK TO SAVEPOINT tenantry_{name}; RELEASE SAVEPOINT tenantry_{name}")
        }
    };
    batch(sql, Effect::Writes)
}

/// A statement, or several, without parameters and rows.
fn batch(sql: String, effect: Effect) -> Statement {
    Statement {
        sql,
        params: Vec::new(),
        gives: Gives::Nothing,
        effect,
        model: None,
        operation: "transaction",
    }
}

/// Whether the server closed the connection because it was idle, and so before it was sent anything.
pub(super) fn was_idle(error: &Error) -> bool {
    matches!(error.sqlstate(), Some("57P05" | "25P03"))
}

pub(super) fn unknown(error: Error, what: &str) -> Error {
    let message = format!(
        "the connection broke before the answer came: whether {what} took effect is not known\n\
         help: look whether it did before it is tried again"
    );
    Error::new(ErrorKind::CommitUnknown, message).because(error)
}

pub(super) fn aborted(failure: &str) -> Error {
    Error::new(
        ErrorKind::Aborted,
        format!(
            "the transaction was rolled back, because a statement of it failed: {failure}\n\
             help: return that error from the closure, or run the statement in a nested transaction"
        ),
    )
}
