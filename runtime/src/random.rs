//! Numbers that are different each time and in each process, and pauses that are never as long as anybody else's.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

/// A number that is different each time and in each process. The hasher's keys are, for the sake of hash tables.
pub(crate) fn random() -> u64 {
    RandomState::new().hash_one(Instant::now())
}

/// A time from half of this to all of it.
pub(crate) fn about(most: Duration) -> Duration {
    let micros = u64::try_from(most.as_micros()).unwrap_or(u64::MAX);
    Duration::from_micros(micros / 2 + random() % (micros / 2 + 1))
}

/// How long to pause after so many attempts: twice as long each time, up to a limit.
pub(crate) fn backoff((first, longest): (Duration, Duration), attempts: u32) -> Duration {
    let doubled = first.saturating_mul(2_u32.saturating_pow(attempts.saturating_sub(1)));
    about(doubled.min(longest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_and_end() {
        let (first, longest) = (Duration::from_millis(10), Duration::from_secs(1));
        for attempts in [0, 1, 2, 3, 10, 100, u32::MAX] {
            let doublings = attempts.saturating_sub(1).min(20);
            let most = (first * 2_u32.saturating_pow(doublings)).min(longest);
            let pause = backoff((first, longest), attempts);
            assert!(pause >= most / 2 && pause <= most, "{attempts}: {pause:?}");
        }
    }
}
