//! How long a replica is left alone that was of no use.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// How long a replica that was away or too old is left alone.
const REST: Duration = Duration::from_secs(1);

/// The use of a replica, as it was found last.
#[derive(Debug, Default)]
pub(super) struct Rest(Mutex<RestState>);

#[derive(Debug, Clone, Copy, Default)]
enum RestState {
    /// It answers, or nobody has asked it.
    #[default]
    Answers,
    /// It has answered then, and was too far behind.
    Old(Instant),
    /// It did not answer then.
    Away(Instant),
    /// It did not answer, and somebody is asking it again for whom nobody waits.
    Tried,
}

/// Treatment of a replica by whoever reads.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ReplicaTurn {
    /// It is asked.
    Ask,
    /// It is left alone.
    Leave,
    /// It is left alone, and whoever is told so has it tried out.
    TryOut,
}

impl Rest {
    fn state(&self) -> MutexGuard<'_, RestState> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns what to do next. One that did not answer may be silent for long, so no reader waits for it.
    pub(super) fn turn(&self) -> ReplicaTurn {
        let mut state = self.state();
        match *state {
            RestState::Answers => ReplicaTurn::Ask,
            RestState::Old(since) if since.elapsed() >= REST => ReplicaTurn::Ask,
            RestState::Away(since) if since.elapsed() >= REST => {
                *state = RestState::Tried;
                ReplicaTurn::TryOut
            }
            RestState::Old(_) | RestState::Away(_) | RestState::Tried => ReplicaTurn::Leave,
        }
    }

    /// Notes that it answers.
    pub(super) fn answers(&self) {
        *self.state() = RestState::Answers;
    }

    /// Notes that it has answered, and is of no use for now.
    pub(super) fn is_old(&self) {
        *self.state() = RestState::Old(Instant::now());
    }

    /// Notes that it has not answered.
    pub(super) fn is_away(&self) {
        *self.state() = RestState::Away(Instant::now());
    }
}
