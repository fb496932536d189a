//! How far a stage of a run is.

use std::fmt::{self, Write as _};
use std::time::{Duration, Instant};

use super::output::about;
use crate::migrate::TenantReport;

/// Counts what becomes of the tenants of a stage.
#[derive(Debug)]
pub(super) struct Tally {
    pub(super) group: Option<String>,
    /// How many tenants there are to do.
    pub(super) total: usize,
    /// How many are done, those that failed included.
    pub(super) done: usize,
    failed: usize,
    retries: usize,
    begun: Instant,
    /// Whether something else has happened since, so that what comes is another stage.
    pub(super) is_over: bool,
}

impl Tally {
    /// Begins a stage.
    pub(super) fn new(group: Option<String>, tenants: usize) -> Self {
        Self {
            group,
            total: tenants,
            done: 0,
            failed: 0,
            retries: 0,
            begun: Instant::now(),
            is_over: false,
        }
    }

    /// Whether these tenants are what is left of this stage.
    ///
    /// A run looks again when it is through, and finds those that others were working on, or that have come meanwhile.
    pub(super) fn goes_on(&mut self, group: Option<&str>, tenants: usize) -> bool {
        let same = !self.is_over && self.group.as_deref() == group;
        if same {
            self.total = self.done + tenants;
        }
        same
    }

    /// Counts a tenant.
    pub(super) fn add(&mut self, tenant: &TenantReport) {
        self.done += 1;
        self.failed += usize::from(tenant.error.is_some());
        self.total = self.total.max(self.done);
    }

    /// Counts an attempt that is to be made again.
    pub(super) fn add_retry(&mut self) {
        self.retries += 1;
    }

    /// How many tenants were done in a second, so far.
    #[expect(
        clippy::cast_precision_loss,
        reason = "there are fewer tenants than an `f64` can count"
    )]
    pub(super) fn rate(&self) -> f64 {
        self.done as f64 / self.begun.elapsed().as_secs_f64().max(0.001)
    }

    /// How long the others will take at that rate; nothing, if that can't be told yet, or no more.
    #[expect(
        clippy::cast_precision_loss,
        reason = "there are fewer tenants than an `f64` can count"
    )]
    pub(super) fn left(&self) -> Option<Duration> {
        let left = self.total - self.done;
        if left == 0 || self.done == 0 {
            return None;
        }
        Duration::try_from_secs_f64(left as f64 / self.rate()).ok()
    }

    /// The counts of failures and the like, for the end of a line.
    pub(super) fn trouble(&self) -> String {
        let mut text = String::new();
        for (number, what) in [(self.failed, "failed"), (self.retries, "retried")] {
            if number > 0 {
                write!(text, ", {number} {what}").expect("a string takes all text");
            }
        }
        text
    }
}

/// A line, as in `300 of 1000 tenants, 2 failed, 120/s, 6 s left`.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(group) = &self.group {
            write!(f, "group `{group}`: ")?;
        }
        let Self { total, done, .. } = self;
        write!(
            f,
            "{done} of {total} tenants{}, {:.0}/s",
            self.trouble(),
            self.rate()
        )?;
        match self.left() {
            Some(left) => write!(f, ", {} left", about(left)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_found_again_is_the_same_stage_until_something_else_has_happened() {
        let mut tally = Tally::new(None, 10);
        tally.done = 7;
        assert!(tally.goes_on(None, 4));
        assert_eq!(tally.total, 11);
        assert!(!tally.goes_on(Some("rest"), 4));
        tally.is_over = true;
        assert!(!tally.goes_on(None, 4));
    }

    #[test]
    fn a_line_tells_what_is_done_and_what_is_wrong() {
        let mut tally = Tally::new(Some("canary".to_owned()), 10);
        assert!(
            tally
                .to_string()
                .starts_with("group `canary`: 0 of 10 tenants, 0/s")
        );
        tally.done = 10;
        tally.failed = 2;
        tally.add_retry();
        let line = tally.to_string();
        assert!(
            line.contains("10 of 10 tenants, 2 failed, 1 retried, "),
            "{line}"
        );
        assert!(!line.contains("left"), "{line}");
    }
}
