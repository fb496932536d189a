//! The tenants that the workers of a pass still have to do, and how many of them go into one transaction.

use std::collections::{HashMap, VecDeque};
use std::mem;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use postgres::Client;
use tracing::Span;

use super::batch_cache::Batches;
use super::pending::{CHUNK, Pending, PendingTenants, read};
use super::table_size::BIG;
use super::trace;
use crate::error::{Error, Result};
use crate::migrate::report::direction::Direction;
use crate::migrate::rollout::control::{Control, Pace};
use crate::migrate::session::retry::backoff;
use crate::migrate::session::settings::Settings;
use crate::random::random;

/// How long a transaction over several tenants is to last at the most: their tables are locked for as long.
const TRANSACTION: Duration = Duration::from_millis(25);

/// How many tenants go into one transaction at the most. More gain nothing.
const MOST: usize = 128;

/// How many go into one towards the end, when what is left is shared out evenly. Fewer would not be worth a transaction.
const LEAST: usize = 16;

/// The next task of a worker: some tenants at one version.
#[derive(Debug)]
pub(crate) struct Task {
    pub(crate) tenants: Vec<Pending>,
    /// How often they have been tried.
    pub(crate) attempts: usize,
    /// How often they were passed over because somebody else works on them, or they are gone.
    pub(crate) passed_over: usize,
    /// Whether nothing is known yet of what such a transaction takes.
    pub(crate) is_probe: bool,
}

/// The tasks that are left.
#[derive(Debug)]
pub(crate) struct Queue<'a> {
    goal: (Direction, i32),
    settings: &'a Settings,
    batches: &'a Batches<'a>,
    control: &'a Control,
    /// How many locks one transaction may hold.
    locks: usize,
    state: Mutex<QueueState>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct QueueState {
    /// Tenants that nothing but the number is known of.
    ids: VecDeque<i64>,
    /// Tenants that were read.
    read: VecDeque<Pending>,
    /// Tenants to try again, each on its own, and from when on.
    later: Vec<Delayed>,
    /// Tenants that somebody else works on, or that are gone: they are looked at again while there are others to do.
    passed_over: Vec<Delayed>,
    /// How many tasks are being worked on, which may come back, but for those that were passed over.
    under_way: usize,
    costs: HashMap<i32, Cost>,
    /// When the next tenants may be begun, if only so many are to be in a second.
    free_at: Option<Instant>,
    stopped: Option<String>,
    error: Option<Error>,
}

#[derive(Debug)]
struct Delayed {
    at: Instant,
    tenant: Pending,
    attempts: usize,
    passed_over: usize,
}

/// The costs of a transaction for tenants at one version.
#[derive(Debug, Clone, Copy)]
struct Cost {
    each: Duration,
    /// How many fit into the locks that a transaction may hold.
    fit: usize,
}

impl Cost {
    fn tenants(self) -> usize {
        let nanoseconds = self.each.as_nanos().max(1);
        let in_time = usize::try_from(TRANSACTION.as_nanos() / nanoseconds).unwrap_or(MOST);
        in_time.min(self.fit).clamp(1, MOST)
    }
}

impl<'a> Queue<'a> {
    pub(crate) fn new(
        goal: (Direction, i32),
        settings: &'a Settings,
        pending: PendingTenants,
        batches: &'a Batches<'a>,
        control: &'a Control,
    ) -> Self {
        // Half of the room is for everybody else.
        let room = usize::try_from(pending.locks / 2).unwrap_or(usize::MAX);
        Self {
            goal,
            settings,
            batches,
            control,
            locks: room / settings.workers,
            state: Mutex::new(QueueState {
                ids: pending.ids.into(),
                ..QueueState::default()
            }),
            changed: Condvar::new(),
        }
    }

    /// The version that the tenants are brought to.
    pub(crate) fn goal(&self) -> i32 {
        self.goal.1
    }

    fn state(&self) -> MutexGuard<'_, QueueState> {
        // No statement that changes the state can panic half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the next task; nothing, when all is done or nothing more is to be begun.
    pub(crate) fn next(&self, client: &mut Client) -> Result<Option<Task>> {
        loop {
            match self.control.pace(client, &self.settings.observer)? {
                Pace::Go => {}
                Pace::Wait(time) => {
                    std::thread::sleep(time);
                    continue;
                }
                Pace::Stop(why) => self.stop(why),
            }
            let mut state = self.state();
            if state.stopped.is_some() || state.error.is_some() {
                return Ok(None);
            }
            if state.read.is_empty() && !state.ids.is_empty() {
                self.fill(&mut state, client)?;
                continue;
            }
            if let Some(wait) = self.too_fast(&state) {
                let waited = self.changed.wait_timeout(state, wait);
                drop(waited.unwrap_or_else(PoisonError::into_inner));
                continue;
            }
            let most = self.most_at_once().min(self.share(&state));
            if let Some(task) = take(&mut state, self.batches, most) {
                state.under_way += 1;
                self.count(&mut state, task.tenants.len());
                return Ok(Some(task));
            }
            if state.later.is_empty() && state.under_way == 0 {
                // Those that were passed over have another pass, if they are there.
                return Ok(None);
            }
            if let Some(task) = due(&mut state.passed_over) {
                self.count(&mut state, task.tenants.len());
                return Ok(Some(task));
            }
            let ahead = state.later.iter().chain(&state.passed_over);
            let wait = match ahead.map(|later| later.at).min() {
                Some(at) => at.saturating_duration_since(Instant::now()),
                None => Duration::from_secs(1),
            };
            let waited = self.changed.wait_timeout(state, wait);
            drop(waited.unwrap_or_else(PoisonError::into_inner));
        }
    }

    /// Looks at once whether the run is paused or aborted.
    pub(crate) fn look(&self, client: &mut Client) -> Result<()> {
        self.control.pace_now(client, &self.settings.observer)?;
        Ok(())
    }

    /// How long to wait before the next tenants, if only so many are to be begun in a second.
    fn too_fast(&self, state: &QueueState) -> Option<Duration> {
        const LONGEST: Duration = Duration::from_millis(500);
        self.settings.rate?;
        let wait = state.free_at?.checked_duration_since(Instant::now())?;
        Some(wait.min(LONGEST))
    }

    /// How many tenants go into one transaction at the most: as many as may be begun in a quarter of a second.
    fn most_at_once(&self) -> usize {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a rate is positive, and too large a one is no limit"
        )]
        let in_a_while = |rate: f64| (rate / 4.0) as usize;
        self.settings.rate.map_or(MOST, in_a_while).clamp(1, MOST)
    }

    /// A worker's share of what is left, so that all are done at about the same time.
    fn share(&self, state: &QueueState) -> usize {
        let left = state.ids.len() + state.read.len();
        (left / self.settings.workers).max(LEAST)
    }

    /// Takes down that so many tenants are begun.
    fn count(&self, state: &mut QueueState, tenants: usize) {
        let Some(rate) = self.settings.rate else {
            return;
        };
        let begun = u32::try_from(tenants).unwrap_or(u32::MAX);
        let each = Duration::try_from_secs_f64(rate.recip()).unwrap_or(Duration::MAX);
        let now = Instant::now();
        let from = state.free_at.map_or(now, |at| at.max(now));
        state.free_at = from.checked_add(each.saturating_mul(begun));
    }

    fn fill(&self, state: &mut QueueState, client: &mut Client) -> Result<()> {
        let number = state.ids.len().min(CHUNK);
        let ids: Vec<i64> = state.ids.drain(..number).collect();
        state.read = read(client, self.goal, &ids, &self.batches.sized_tables)?.into();
        Ok(())
    }

    /// Notes that a task is over, however it went.
    pub(crate) fn over(&self, was_passed_over: bool) {
        self.state().under_way -= usize::from(!was_passed_over);
        self.changed.notify_all();
    }

    /// Learns what a transaction took.
    pub(crate) fn learn(&self, task: &Task, took: Duration, locks: Option<usize>) {
        let Some(first) = task.tenants.first() else {
            return;
        };
        let number = task.tenants.len();
        let each = took / u32::try_from(number).unwrap_or(u32::MAX);
        let fit = locks.map(|locks| self.locks / locks.max(1));
        let mut state = self.state();
        match (state.costs.get_mut(&first.version), fit) {
            // The first ones are slow, for their caches are cold; later one that is slow does not say much.
            (Some(cost), _) => cost.each = each.min((cost.each * 3 + each) / 4),
            (None, Some(fit)) => {
                state.costs.insert(first.version, Cost { each, fit });
            }
            (None, None) => {}
        }
    }

    /// Has the tenants of a task tried again, fewer at a time, because the server has no room for so many locks.
    pub(crate) fn halve(&self, task: &mut Task) {
        let tenants = mem::take(&mut task.tenants);
        let mut state = self.state();
        if let Some(first) = tenants.first()
            && let Some(cost) = state.costs.get_mut(&first.version)
        {
            cost.fit = cost.fit.min(tenants.len() / 2).max(1);
        }
        for mut tenant in tenants.into_iter().rev() {
            trace::put_off(&tenant.span);
            tenant.span = Span::none();
            state.read.push_front(tenant);
        }
    }

    /// The pauses and aborts that the run knows of.
    pub(crate) fn control(&self) -> &Control {
        self.control
    }

    /// Has a tenant tried again on its own, after a while.
    pub(crate) fn again(&self, tenant: Pending, attempts: usize, after: Duration) {
        self.state()
            .later
            .push(Delayed::new(tenant, attempts, 0, after));
    }

    /// Passes over a tenant that somebody else works on, or that is gone, `passed_over` times by now. It is looked at again
    /// while there are others to do, so that it is not kept waiting for them.
    pub(crate) fn pass_over(&self, tenant: Pending, attempts: usize, passed_over: usize) {
        let later = Delayed::new(tenant, attempts, passed_over, backoff(passed_over));
        self.state().passed_over.push(later);
    }

    /// Goes on elsewhere in the queue, because others are at work here.
    pub(crate) fn jump(&self) {
        let mut state = self.state();
        let unread = mem::take(&mut state.read);
        let mut ids: VecDeque<i64> = unread.iter().map(|tenant| tenant.id).collect();
        ids.append(&mut state.ids);
        if !ids.is_empty() {
            let by = random() % ids.len() as u64;
            ids.rotate_left(usize::try_from(by).unwrap_or_default());
        }
        state.ids = ids;
    }

    /// Has nothing more begun, for this reason.
    pub(crate) fn stop(&self, why: String) {
        self.state().stopped.get_or_insert(why);
        self.changed.notify_all();
    }

    /// Has nothing more begun, because a worker can't go on.
    pub(crate) fn fail(&self, error: Error) {
        self.state().error.get_or_insert(error);
        self.changed.notify_all();
    }

    /// Returns what ended the pass before its time.
    pub(crate) fn into_end(self) -> (Option<Error>, Option<String>) {
        let state = self
            .state
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        (state.error, state.stopped)
    }
}

impl Delayed {
    fn new(mut tenant: Pending, attempts: usize, passed_over: usize, after: Duration) -> Self {
        trace::put_off(&tenant.span);
        tenant.span = Span::none();
        Self {
            at: Instant::now() + after,
            tenant,
            attempts,
            passed_over,
        }
    }
}

/// Takes a tenant that is due.
fn due(all: &mut Vec<Delayed>) -> Option<Task> {
    let now = Instant::now();
    let place = all.iter().position(|later| later.at <= now)?;
    let Delayed {
        tenant,
        attempts,
        passed_over,
        ..
    } = all.swap_remove(place);
    Some(Task {
        tenants: vec![tenant],
        attempts,
        passed_over,
        is_probe: false,
    })
}

/// Takes those that are due again first, and then as many of the same version as go into one transaction.
fn take(state: &mut QueueState, batches: &Batches<'_>, limit: usize) -> Option<Task> {
    if let Some(task) = due(&mut state.later) {
        return Some(task);
    }
    let first = state.read.pop_front()?;
    let cost = state.costs.get(&first.version).copied();
    let most = cost.map_or(1, Cost::tenants).min(limit);
    let version = first.version;
    let goes_along = |tenant: &Pending| {
        tenant.version == version && !tenant.step.is_begun() && tenant.bytes <= BIG
    };
    let is_alone = !goes_along(&first) || !batches.from(version).is_shareable();
    let mut tenants = vec![first];
    while !is_alone && tenants.len() < most {
        match state.read.pop_front() {
            Some(next) if goes_along(&next) => tenants.push(next),
            Some(next) => {
                state.read.push_front(next);
                break;
            }
            None => break,
        }
    }
    Some(Task {
        tenants,
        attempts: 0,
        passed_over: 0,
        is_probe: cost.is_none() && !is_alone,
    })
}
