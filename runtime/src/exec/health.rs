//! Health of a connection, as far as its transactions are concerned.
//!
//! | health | something is sent | its answer comes | is abandoned at a depth |
//! |---|---|---|---|
//! | `Open` | `InFlight` | | `NeedsRollback`, if it is as deep |
//! | `InFlight` | resolved to `Open` or `NeedsRollback` first | `Open`, or `Broken` if the connection is lost | the same |
//! | `NeedsRollback` | the rollback goes first | | the lesser depth |
//! | `Broken` | `InFlight`, and most likely fails in the driver | `Broken` again, whatever it is | stays |

use super::{Command, Effect};

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Health {
    /// All that was sent was answered.
    #[default]
    Open,
    /// This was sent, and its answer has not come, or nobody waits for it any more.
    InFlight(Sent),
    /// The transaction or savepoint of this depth has to be rolled back before anything else is sent.
    NeedsRollback(u32),
    /// The connection is closed, or does not answer.
    Broken,
}

impl Health {
    /// Once an answer has come. Of a broken connection no answer makes a whole one: what it is in on the server is not known.
    pub(super) fn answered(was_broken: bool) -> Self {
        if was_broken { Self::Broken } else { Self::Open }
    }
}

/// Something that was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    Statement(Effect),
    Command(Command),
}
