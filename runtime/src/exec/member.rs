//! A connection of a pool, and how long it may be one.

use std::hash::{BuildHasher, RandomState};
use std::time::{Duration, Instant};

use super::held::Held;
use super::marks::MarkPosition;
use super::prepared::PreparedStatements;
use super::renewal::Tenure;
use crate::error::{Error, ErrorKind};

#[derive(Debug, Clone, Copy)]
pub(crate) struct PoolOptions {
    pub(crate) max_connections: usize,
    pub(crate) max_tables_per_connection: usize,
    pub(crate) wait: Duration,
    pub(crate) statement_timeout: Option<Duration>,
    pub(crate) idle_timeout: Duration,
    pub(crate) max_lifetime: Option<Duration>,
    pub(crate) prepared_statements: PreparedStatements,
}

/// How often a pool looks for old connections, at the most and at the least.
const LOOK: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(30));

impl PoolOptions {
    /// How often the pool looks for old connections: several times between when a successor is due and the end.
    pub(super) fn looks_every(&self) -> Duration {
        let idle = self.idle_timeout / 4;
        let every = self.max_lifetime.map_or(idle, |time| idle.min(time / 100));
        every.clamp(LOOK.0, LOOK.1)
    }

    /// The error of somebody who has waited for too long.
    pub(super) fn all_in_use(&self) -> Error {
        let Self {
            max_connections: max,
            wait,
            ..
        } = self;
        Error::new(
            ErrorKind::Resources,
            format!(
                "all {max} connections of the pool were in use for {wait:?}\nhelp: drop scopes as soon as they are \
                 done, or raise `max_connections`"
            ),
        )
    }

    /// How much a connection holds when its successor is opened: the rest is for what comes meanwhile.
    fn full(&self) -> usize {
        let most = self.max_tables_per_connection;
        most.saturating_sub((most / 8).max(1)).max(1)
    }
}

/// A connection of a pool.
#[derive(Debug)]
pub(super) struct Member<C> {
    pub(super) connection: C,
    pub(super) held: Held,
    /// How far its server is, if that is a replica that was asked.
    pub(super) position: Option<Box<MarkPosition>>,
    pub(super) tenure: Tenure,
    life: Option<Life>,
}

/// The times of a connection.
#[derive(Debug)]
struct Life {
    /// When a successor is due.
    due: Instant,
    /// When it ends, with a successor or without.
    end: Instant,
}

impl<C> Member<C> {
    pub(super) fn new(connection: C, lifetime: Option<Duration>) -> Self {
        let now = Instant::now();
        let life = lifetime.map(|time| (now.checked_add(spread(time)), now.checked_add(time)));
        Self {
            connection,
            held: Held::default(),
            position: None,
            tenure: Tenure::default(),
            life: life.and_then(|(due, end)| {
                Some(Life {
                    due: due?,
                    end: end?,
                })
            }),
        }
    }

    /// Whether it may serve nobody any more.
    pub(super) fn is_over(&self, options: &PoolOptions, now: Instant) -> bool {
        self.tenure.is_over()
            || self.held.len() >= options.max_tables_per_connection
            || self.life.as_ref().is_some_and(|life| now >= life.end)
    }

    /// Whether it holds so much that a successor is due.
    pub(super) fn is_full(&self, options: &PoolOptions) -> bool {
        self.held.len() >= options.full()
    }

    /// Whether a successor is due.
    pub(super) fn is_due(&self, options: &PoolOptions, now: Instant) -> bool {
        self.is_full(options) || self.life.as_ref().is_some_and(|life| now >= life.due)
    }
}

/// Takes something up to a tenth from a time, at random: connections that were opened together are not closed together.
fn spread(time: Duration) -> Duration {
    let random = u32::try_from(RandomState::new().hash_one(()) % 75).unwrap_or_default();
    time.saturating_sub(time / 1000 * (random + 25))
}
