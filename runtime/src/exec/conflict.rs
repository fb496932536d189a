//! Conflicts of a transaction with others, by which it is known whether it can be run again.
//!
//! | state | a conflict is told | of a [wait](Effect::Waits) | something else is sent |
//! |---|---|---|---|
//! | `None` | `Met` | `Passing` | stays |
//! | `Passing` | `Met` | stays | `None` |
//! | `Met` | stays | stays | stays |

use super::Effect;
use super::health::Sent;
use crate::error::Error;

/// A conflict of a transaction with others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum ConflictState {
    #[default]
    None,
    /// A lock was not had, and the transaction can go on.
    Passing,
    /// The server has refused something.
    Met,
}

impl ConflictState {
    /// Takes what the server has refused.
    pub(super) fn refused(&mut self, sent: Sent, error: &Error) {
        if error.is_retryable() {
            *self = (*self).max(match sent {
                Sent::Statement(Effect::Waits) => Self::Passing,
                _ => Self::Met,
            });
        }
    }

    /// Notes that something is sent: who goes on without a lock has handled that.
    pub(super) fn sending(&mut self, sent: Sent) {
        let goes_on = matches!(sent, Sent::Statement(effect) if effect != Effect::Waits);
        if goes_on && *self == Self::Passing {
            *self = Self::None;
        }
    }

    /// Whether a transaction is to be run again that has failed, with something known to be no conflict or not.
    pub(super) fn counts(self, is_other: bool) -> bool {
        match self {
            Self::None => false,
            Self::Passing => !is_other,
            Self::Met => true,
        }
    }
}
