//! How long a run will take: judged by what earlier runs took, and by its own pace once it is under way.

use std::time::{Duration, Instant};

use postgres::Client;
use postgres::types::Type;

use super::Rollout;
use crate::bookkeeping::{Waits, explain};
use crate::error::Result;

/// The seconds that a tenant took in the last runs, as a column; null when nothing is known.
pub(crate) const EACH: &str = "(SELECT sum(r.seconds) / sum(r.tenants) \
     FROM (SELECT seconds, tenants FROM tenantry.run ORDER BY id DESC LIMIT 5) AS r)";

/// How long the tenants of some groups will take, given by their places and how many they are.
#[expect(
    clippy::cast_precision_loss,
    reason = "there are fewer tenants than an `f64` can count"
)]
pub(crate) fn forecast(
    each: Option<f64>,
    groups: &[(usize, usize)],
    rollout: &Rollout,
) -> Option<Duration> {
    let mut seconds = 0.0;
    let mut bakes = Duration::ZERO;
    for &(place, tenants) in groups.iter().filter(|(_, tenants)| *tenants > 0) {
        let group = rollout.at(place);
        let slowest = group.tenants_per_second().map_or(0.0, f64::recip);
        seconds += each?.max(slowest) * tenants as f64;
        bakes += group.bake_time();
    }
    Some(Duration::try_from_secs_f64(seconds).ok()? + bakes)
}

/// Writes down what a run took.
pub(crate) fn note(
    client: &mut Client,
    tenants: usize,
    took: Duration,
    waits: &Waits,
) -> Result<()> {
    let Some(tenants) = i32::try_from(tenants).ok().filter(|tenants| *tenants > 0) else {
        return Ok(());
    };
    waits.change(client, |tx| {
        tx.execute_typed(
            "WITH made AS (INSERT INTO tenantry.run (tenants, seconds) VALUES ($1, $2) RETURNING id) \
             DELETE FROM tenantry.run WHERE id <= (SELECT id - 100 FROM made)",
            &[(&tenants, Type::INT4), (&took.as_secs_f64(), Type::FLOAT8)],
        )
        .map_err(explain)?;
        Ok(())
    })
}

/// How far a group is.
#[derive(Debug, Clone)]
pub(crate) struct Progress {
    begun: Instant,
    told: Instant,
    tenants: usize,
    done: usize,
}

impl Progress {
    /// Begins with so many tenants.
    pub(crate) fn new(tenants: usize) -> Self {
        let now = Instant::now();
        Self {
            begun: now,
            told: now,
            tenants,
            done: 0,
        }
    }

    /// How many tenants it began with.
    pub(crate) fn tenants(&self) -> usize {
        self.tenants
    }

    /// Counts a tenant. Gives how many are done, and how long the others will take, if that was not told lately.
    pub(crate) fn count(&mut self) -> Option<(usize, Duration)> {
        self.done += 1;
        if self.told.elapsed() < Duration::from_secs(1) {
            return None;
        }
        self.told = Instant::now();
        let left = u32::try_from(self.tenants.saturating_sub(self.done)).unwrap_or(u32::MAX);
        let done = u32::try_from(self.done).unwrap_or(u32::MAX);
        Some((self.done, self.begun.elapsed() / done * left))
    }
}

#[cfg(test)]
mod tests {
    use super::super::RolloutGroup;
    use super::*;

    #[test]
    fn a_forecast_knows_of_rates_and_of_baking() {
        let slow = RolloutGroup::new("slow").rate(2.0);
        let baked = RolloutGroup::new("baked").bake(Duration::from_mins(1));
        let rollout = Rollout::new([slow, baked]).unwrap();
        let seconds = |each, groups: &[(usize, usize)]| {
            forecast(each, groups, &rollout).map(|time| time.as_secs())
        };
        assert_eq!(seconds(Some(0.1), &[(2, 100)]), Some(10));
        assert_eq!(seconds(Some(0.1), &[(0, 100)]), Some(50));
        assert_eq!(seconds(Some(0.1), &[(1, 100), (2, 10)]), Some(71));
        assert_eq!(seconds(Some(0.1), &[(1, 0)]), Some(0));
        assert_eq!(seconds(None, &[(2, 100)]), None);
        assert_eq!(seconds(None, &[]), Some(0));
    }
}
