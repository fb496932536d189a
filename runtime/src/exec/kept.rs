//! Connections that are kept between two loans, and the line of those who wait for one. No I/O: whoever opens, tries out and closes
//! connections does it in its own way.

use std::collections::HashSet;
use std::hash::{BuildHasher, RandomState};
use std::mem;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use super::pool_status::PoolStatus;
use super::queue::{Queue, Ticket};
use crate::error::{Error, ErrorKind};

#[derive(Debug, Clone, Copy)]
pub(crate) struct PoolOptions {
    pub(crate) max_connections: usize,
    pub(crate) max_tenants_per_connection: usize,
    pub(crate) wait: Duration,
    pub(crate) statement_timeout: Option<Duration>,
    pub(crate) idle_timeout: Duration,
    pub(crate) max_lifetime: Option<Duration>,
}

/// How long a connection may lie idle before it is tried out on its next loan: firewalls forget idle connections without
/// a word to either side.
pub(super) const TRUSTED_IDLE: Duration = Duration::from_secs(10);

/// The connections of a pool.
pub(super) struct Kept<C> {
    options: PoolOptions,
    state: Mutex<State<C>>,
}

struct State<C> {
    /// The one that was used last is at the end, and lent first: so those that are not needed grow old.
    idle: Vec<Idle<C>>,
    /// Counts those that are being opened, too.
    open: usize,
    queue: Queue,
    status: PoolStatus,
}

/// A connection of a pool.
#[derive(Debug)]
pub(super) struct Member<C> {
    pub(super) connection: C,
    /// The tenants that it has served.
    pub(super) tenants: HashSet<i64>,
    /// When it has lived long enough.
    until: Option<Instant>,
}

impl<C> Member<C> {
    pub(super) fn is_old(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until)
    }
}

/// A connection that waits for its next loan.
pub(super) struct Idle<C> {
    pub(super) member: Member<C>,
    pub(super) since: Instant,
}

impl<C> Idle<C> {
    /// Whether its time is over.
    pub(super) fn is_over(&self, options: &PoolOptions) -> bool {
        self.since.elapsed() >= options.idle_timeout || self.member.is_old()
    }

    /// Whether it has lain long enough for the network to have forgotten it.
    pub(super) fn is_to_be_tried(&self) -> bool {
        self.since.elapsed() >= TRUSTED_IDLE
    }
}

/// Something that a scope can have: a connection, or room for another. It counts as open until it is forgotten.
pub(super) enum Found<C> {
    Idle(Idle<C>),
    Room,
}

/// A connection that counts as open, until it is known what became of it.
pub(super) struct Slot<'p, C>(&'p Kept<C>);

impl<C> Slot<'_, C> {
    /// Leaves it open.
    pub(super) fn stays(self) {
        mem::forget(self);
    }
}

impl<C> Drop for Slot<'_, C> {
    fn drop(&mut self) {
        self.0.forget();
    }
}

/// A place in the line. Whoever leaves it, served or not, makes way for the next.
pub(super) struct Place<'p, C> {
    kept: &'p Kept<C>,
    ticket: Ticket,
    since: Instant,
    is_served: bool,
}

impl<C> Place<'_, C> {
    /// Takes what there is, if there is more than those who came before can have.
    pub(super) fn take(&mut self) -> Option<Found<C>> {
        let max = self.kept.options.max_connections;
        let mut state = self.kept.state();
        state.queue.pass_over(Instant::now(), Some(self.ticket));
        if state.queue.before(self.ticket)? >= state.free(max) {
            return None;
        }
        let found = state.take(max);
        self.is_served = found.is_some();
        found
    }

    /// Has this woken from now on when it is its turn.
    #[cfg(feature = "tokio")]
    pub(super) fn wake_by(&self, waker: &Waker) {
        self.kept.state().queue.wake_by(self.ticket, waker);
    }

    /// How long it may still wait.
    pub(super) fn left(&self) -> Duration {
        let wait = self.kept.options.wait;
        wait.saturating_sub(self.since.elapsed())
    }
}

impl<C> Drop for Place<'_, C> {
    fn drop(&mut self) {
        let mut state = self.kept.state();
        state.queue.leave(self.ticket);
        state.status.waited(self.since.elapsed(), self.is_served);
        state.wake(self.kept.options.max_connections);
    }
}

impl<C> State<C> {
    /// How many can be served.
    fn free(&self, max: usize) -> usize {
        self.idle.len() + max.saturating_sub(self.open)
    }

    /// Wakes those who can be served.
    fn wake(&self, max: usize) {
        self.queue.wake(self.free(max));
    }

    fn take(&mut self, max: usize) -> Option<Found<C>> {
        if let Some(idle) = self.idle.pop() {
            return Some(Found::Idle(idle));
        }
        (self.open < max).then(|| {
            self.open += 1;
            Found::Room
        })
    }
}

impl<C> Kept<C> {
    pub(super) fn new(options: PoolOptions) -> Self {
        Self {
            options,
            state: Mutex::new(State {
                idle: Vec::new(),
                open: 0,
                queue: Queue::default(),
                status: PoolStatus::default(),
            }),
        }
    }

    fn state(&self) -> MutexGuard<'_, State<C>> {
        // The state is consistent between any two statements below, so a panic elsewhere does not harm it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn options(&self) -> &PoolOptions {
        &self.options
    }

    /// Returns its state in numbers.
    pub(super) fn status(&self) -> PoolStatus {
        let state = self.state();
        PoolStatus {
            max: self.options.max_connections,
            open: state.open,
            idle: state.idle.len(),
            waiting: state.queue.len(),
            ..state.status
        }
    }

    /// Takes what there is, unless others wait for it already.
    pub(super) fn take(&self) -> Option<Found<C>> {
        let max = self.options.max_connections;
        let mut state = self.state();
        let waiting = state.queue.len();
        if waiting > 0 {
            state.queue.pass_over(Instant::now(), None);
            if state.queue.len() < waiting {
                state.wake(max);
            }
        }
        (state.queue.len() < state.free(max)).then(|| state.take(max))?
    }

    /// Takes a place in the line.
    pub(super) fn join(&self, waker: Waker) -> Place<'_, C> {
        let since = Instant::now();
        let until = since.checked_add(self.options.wait);
        Place {
            kept: self,
            ticket: self.state().queue.join(waker, until),
            since,
            is_served: false,
        }
    }

    /// A guard of a connection that was taken: nothing that panics meanwhile takes its room for ever.
    pub(super) fn slot(&self) -> Slot<'_, C> {
        Slot(self)
    }

    /// Makes a new connection one of the pool.
    pub(super) fn member(&self, connection: C) -> Member<C> {
        let lifetime = self.options.max_lifetime.map(spread);
        Member {
            connection,
            tenants: HashSet::new(),
            until: lifetime.and_then(|lifetime| Instant::now().checked_add(lifetime)),
        }
    }

    /// Notes that a connection is gone.
    pub(super) fn forget(&self) {
        let mut state = self.state();
        state.open -= 1;
        state.wake(self.options.max_connections);
    }

    /// Keeps a connection that is as it was when it was lent. Gives it back if it is to be closed.
    pub(super) fn keep(&self, member: Member<C>) -> Option<Member<C>> {
        if member.tenants.len() >= self.options.max_tenants_per_connection || member.is_old() {
            return Some(member);
        }
        let mut state = self.state();
        state.idle.push(Idle {
            member,
            since: Instant::now(),
        });
        state.wake(self.options.max_connections);
        None
    }

    /// Closes the idle connections of which that is true.
    pub(super) fn close(&self, is_over: impl Fn(&Idle<C>) -> bool) {
        let mut state = self.state();
        let idle = mem::take(&mut state.idle);
        let (over, kept): (Vec<_>, Vec<_>) = idle.into_iter().partition(is_over);
        state.idle = kept;
        drop(state);
        for idle in over {
            let slot = self.slot();
            drop(idle);
            drop(slot);
        }
    }

    /// The error of somebody who has waited for too long.
    pub(super) fn all_in_use(&self) -> Error {
        let PoolOptions {
            max_connections: max,
            wait,
            ..
        } = self.options;
        Error::new(
            ErrorKind::Resources,
            format!(
                "all {max} connections of the pool were in use for {wait:?}\nhelp: drop scopes as soon as they are \
                 done, or raise `max_connections`"
            ),
        )
    }
}

/// Takes up to a tenth from a time, at random: connections that were opened together are not closed together.
fn spread(time: Duration) -> Duration {
    let random = u32::try_from(RandomState::new().hash_one(()) % 100).unwrap_or_default();
    time.saturating_sub(time / 1000 * random)
}
