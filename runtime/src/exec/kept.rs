//! Connections that are kept between two loans, and the line of those who wait for one. No I/O: whoever opens, tries out and closes
//! connections does it in its own way.

use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::{Duration, Instant};

use super::closing::Closing;
use super::member::{Member, PoolOptions};
use super::pool_status::PoolStatus;
use super::queue::{Queue, Ticket};
use super::renewal::{Renewal, Renewals};

/// How long a connection may lie idle before it is tried out on its next loan: firewalls forget idle connections without
/// a word to either side.
pub(super) const TRUSTED_IDLE: Duration = Duration::from_secs(10);

/// The connections of a pool.
pub(super) struct Kept<C> {
    options: PoolOptions,
    state: Mutex<KeptState<C>>,
    closing: Arc<Closing>,
}

struct KeptState<C> {
    /// The one that was used last is at the end, and lent first: so those that are not needed grow old.
    idle: Vec<Idle<C>>,
    /// Counts those that are being opened, too.
    open: usize,
    queue: Queue,
    status: PoolStatus,
    renewals: Renewals,
    spare: Spare,
}

/// The fewest connections that were idle at once since a moment: so many more than needed there are.
struct Spare {
    fewest: usize,
    since: Instant,
}

/// A connection that waits for its next loan.
pub(super) struct Idle<C> {
    pub(super) member: Box<Member<C>>,
    pub(super) since: Instant,
}

impl<C> Idle<C> {
    /// Whether its time is over.
    pub(super) fn is_over(&self, options: &PoolOptions, now: Instant) -> bool {
        self.time(now) >= options.idle_timeout || self.member.is_over(options, now)
    }

    /// Whether it has lain long enough for the network to have forgotten it.
    pub(super) fn is_to_be_tried(&self, now: Instant) -> bool {
        self.time(now) >= TRUSTED_IDLE
    }

    /// How long it has lain.
    fn time(&self, now: Instant) -> Duration {
        now.saturating_duration_since(self.since)
    }
}

/// Something that a scope can have: a connection, or room for another. It counts as open until it is forgotten.
pub(super) enum Lendable<C> {
    Idle(Idle<C>),
    Room,
}

/// The fate of a connection that has come back.
pub(super) enum Returned<C> {
    /// It is kept.
    Stays,
    /// The same, and its successor is to be opened.
    Renews(Renewal),
    /// It is to be closed.
    Ends(Box<Member<C>>),
}

/// A connection that counts as open, until it is known what became of it.
pub(super) struct PoolSlot<'p, C>(&'p Kept<C>);

impl<C> PoolSlot<'_, C> {
    /// Leaves it open.
    pub(super) fn stays(self) {
        mem::forget(self);
    }
}

impl<C> Drop for PoolSlot<'_, C> {
    fn drop(&mut self) {
        self.0.forget();
    }
}

/// A place in the line. Whoever leaves it, served or not, makes way for the next.
pub(super) struct PoolPlace<'p, C> {
    kept: &'p Kept<C>,
    ticket: Ticket,
    since: Instant,
    is_served: bool,
}

impl<C> PoolPlace<'_, C> {
    /// Takes what there is, if there is more than those who came before can have.
    pub(super) fn take(&mut self, tenant: Option<i64>) -> Option<Lendable<C>> {
        let options = &self.kept.options;
        let mut state = self.kept.state();
        if self.kept.closing.is_begun() {
            return None;
        }
        state.queue.pass_over(Instant::now(), Some(self.ticket));
        if state.queue.before(self.ticket)? >= state.free(options.max_connections) {
            return None;
        }
        let found = state.take(options, tenant);
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

impl<C> Drop for PoolPlace<'_, C> {
    fn drop(&mut self) {
        let mut state = self.kept.state();
        state.queue.leave(self.ticket);
        state.status.waited(self.since.elapsed(), self.is_served);
        state.wake(self.kept.options.max_connections);
    }
}

impl<C> KeptState<C> {
    /// How many can be served.
    fn free(&self, max: usize) -> usize {
        self.idle.len() + max.saturating_sub(self.open)
    }

    /// Wakes those who can be served.
    fn wake(&self, max: usize) {
        self.queue.wake(self.free(max));
    }

    fn take(&mut self, options: &PoolOptions, tenant: Option<i64>) -> Option<Lendable<C>> {
        let at = self.choice(options, tenant);
        self.spare.fewest = self.spare.fewest.min(self.idle.len().saturating_sub(1));
        if let Some(at) = at {
            return Some(Lendable::Idle(self.idle.remove(at)));
        }
        (self.open < options.max_connections).then(|| {
            self.open += 1;
            Lendable::Room
        })
    }

    /// The connection for a tenant: one that has served it, so that the server need not read about its tables again; else one that
    /// has room for more; of these the one that was used last.
    fn choice(&self, options: &PoolOptions, tenant: Option<i64>) -> Option<usize> {
        let last =
            |is: &dyn Fn(&Member<C>) -> bool| self.idle.iter().rposition(|it| is(&it.member));
        tenant
            .and_then(|tenant| last(&|member| member.held.knows(tenant)))
            .or_else(|| last(&|member| !member.is_full(options)))
            .or_else(|| self.idle.len().checked_sub(1))
    }

    /// Takes a connection out of those that nobody has needed for so long.
    fn is_spare(&mut self, time: Duration) -> bool {
        if self.spare.since.elapsed() < time {
            return false;
        }
        let is_spare = self.spare.fewest > 0;
        if is_spare {
            self.spare.fewest -= 1;
        } else {
            self.spare = Spare {
                fewest: self.idle.len(),
                since: Instant::now(),
            };
        }
        is_spare
    }
}

impl<C> Kept<C> {
    pub(super) fn new(options: PoolOptions) -> Self {
        Self {
            options,
            state: Mutex::new(KeptState {
                idle: Vec::new(),
                open: 0,
                queue: Queue::default(),
                status: PoolStatus::default(),
                renewals: Renewals::default(),
                spare: Spare {
                    fewest: 0,
                    since: Instant::now(),
                },
            }),
            closing: Arc::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, KeptState<C>> {
        // The state is consistent between any two statements below, so a panic elsewhere does not harm it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn options(&self) -> &PoolOptions {
        &self.options
    }

    /// Whether it is closed, and who waits for the end.
    pub(super) fn closing(&self) -> &Arc<Closing> {
        &self.closing
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

    /// Takes what there is for a tenant, unless others wait for it already.
    pub(super) fn take(&self, tenant: Option<i64>) -> Option<Lendable<C>> {
        let max = self.options.max_connections;
        let mut state = self.state();
        if self.closing.is_begun() {
            return None;
        }
        let waiting = state.queue.len();
        if waiting > 0 {
            state.queue.pass_over(Instant::now(), None);
            if state.queue.len() < waiting {
                state.wake(max);
            }
        }
        (state.queue.len() < state.free(max)).then(|| state.take(&self.options, tenant))?
    }

    /// Takes a place in the line.
    pub(super) fn join(&self, waker: Waker) -> PoolPlace<'_, C> {
        let since = Instant::now();
        let until = since.checked_add(self.options.wait);
        PoolPlace {
            kept: self,
            ticket: self.state().queue.join(waker, until),
            since,
            is_served: false,
        }
    }

    /// A guard of a connection that was taken: nothing that panics meanwhile takes its room for ever.
    pub(super) fn slot(&self) -> PoolSlot<'_, C> {
        PoolSlot(self)
    }

    /// Makes a new connection one of the pool.
    #[expect(
        clippy::unnecessary_box_returns,
        reason = "it is large, and moved at each loan"
    )]
    pub(super) fn member(&self, connection: C) -> Box<Member<C>> {
        self.state().status.opened += 1;
        Box::new(Member::new(connection, self.options.max_lifetime))
    }

    /// Notes that a connection is gone.
    pub(super) fn forget(&self) {
        let mut state = self.state();
        state.open -= 1;
        state.wake(self.options.max_connections);
        drop(state);
        self.closing.wake();
    }

    /// Keeps a connection that is as it was when it was lent, unless its time is over.
    pub(super) fn keep(&self, mut member: Box<Member<C>>) -> Returned<C> {
        let now = Instant::now();
        if member.is_over(&self.options, now) {
            return Returned::Ends(member);
        }
        let mut state = self.state();
        if self.closing.is_begun() {
            return Returned::Ends(member);
        }
        let mut renewal = None;
        if member.is_due(&self.options, now) {
            if state.is_spare(self.options.idle_timeout) {
                return Returned::Ends(member);
            }
            renewal = state.renewals.begin(&mut member.tenure);
        }
        state.idle.push(Idle { member, since: now });
        state.wake(self.options.max_connections);
        renewal.map_or(Returned::Stays, Returned::Renews)
    }

    /// Closes idle connections that are too old, and begins the renewal of one that has grown old while it was idle.
    pub(super) fn look(&self) -> Option<Renewal> {
        let now = Instant::now();
        self.close(|idle| idle.is_over(&self.options, now));
        let mut state = self.state();
        let KeptState { idle, renewals, .. } = &mut *state;
        let mut idle = idle.iter_mut();
        let due = idle.find(|it| it.member.is_due(&self.options, now));
        renewals.begin(&mut due?.member.tenure)
    }

    /// Takes a successor in. Gives what is to be closed and forgotten: the one before, if it is idle, or the successor, if there is no
    /// room for it.
    pub(super) fn succeed(
        &self,
        renewal: &Renewal,
        member: Box<Member<C>>,
    ) -> Option<Box<Member<C>>> {
        let mut state = self.state();
        state.open += 1;
        if self.closing.is_begun() {
            return Some(member);
        }
        let is_old = |it: &Idle<C>| renewal.is_of(&it.member.tenure);
        let old = state.idle.iter().position(is_old);
        let old = old.map(|at| state.idle.remove(at).member);
        // One that is on loan goes when it comes back.
        let is_left = old.is_none() && !renewal.ends();
        if is_left && state.open > self.options.max_connections {
            return Some(member);
        }
        state.status.renewed += 1;
        state.idle.push(Idle {
            member,
            since: Instant::now(),
        });
        state.wake(self.options.max_connections);
        old
    }

    /// Serves nobody from now on, and closes what is idle. What is on loan is closed when it comes back.
    pub(super) fn end(&self) {
        let state = self.state();
        // Nothing is kept that comes back after this.
        self.closing.begin();
        state.queue.wake(usize::MAX);
        drop(state);
        self.close(|_| true);
    }

    /// Returns how many connections there are, and has this woken when there are fewer.
    pub(super) fn left(&self, waker: &Waker) -> usize {
        let guests = self.closing.guests(waker);
        self.state().open + guests
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
}

#[cfg(test)]
mod tests;
