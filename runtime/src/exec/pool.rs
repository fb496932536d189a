//! The connections of a [`Database`](crate::Database): kept, lent and retired.
//!
//! A pool belongs to a server, never to a tenant. Who waits is served in the order of coming, threads and tasks alike. A
//! connection is closed when it was idle for too long, has lived for too long, or has served too many distinct tenants:
//! a backend keeps some 16 KiB for each table that it has touched until then.

use std::collections::HashSet;
use std::fmt;
use std::hash::{BuildHasher, RandomState};
use std::mem;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use postgres::Client;

use super::pool_status::PoolStatus;
use super::queue::{Queue, Ticket, this_thread};
use super::{Connector, PgConnection};
use crate::error::{Error, ErrorKind, Result};

#[derive(Debug, Clone, Copy)]
pub(crate) struct PoolOptions {
    pub(crate) max_connections: usize,
    pub(crate) max_tenants_per_connection: usize,
    pub(crate) wait: Duration,
    pub(crate) statement_timeout: Option<Duration>,
    pub(crate) idle_timeout: Duration,
    pub(crate) max_lifetime: Option<Duration>,
}

pub(crate) struct Pool {
    connector: Arc<Connector>,
    options: PoolOptions,
    state: Mutex<State>,
    /// Ends the thread that closes old connections when the pool is dropped.
    _ends: Sender<()>,
}

#[derive(Default)]
struct State {
    /// The one that was used last is at the end, and lent first: so those that are not needed grow old.
    idle: Vec<Idle>,
    /// Counts those that are being opened, too.
    open: usize,
    queue: Queue,
    status: PoolStatus,
}

/// A connection of a pool.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) connection: PgConnection,
    /// The tenants that it has served.
    pub(super) tenants: HashSet<i64>,
    /// When it has lived long enough.
    until: Option<Instant>,
}

impl Member {
    fn is_old(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until)
    }
}

/// A connection that waits for its next loan.
struct Idle {
    member: Member,
    since: Instant,
}

/// Something that a scope can have: a connection, or room for another.
#[expect(
    clippy::large_enum_variant,
    reason = "it is passed on at once, and a box would cost each loan an allocation"
)]
enum Found {
    Idle(Idle),
    Room,
}

impl State {
    /// Takes what there is. It counts as open until it is forgotten.
    fn take(&mut self, max: usize) -> Option<Found> {
        if let Some(idle) = self.idle.pop() {
            return Some(Found::Idle(idle));
        }
        (self.open < max).then(|| {
            self.open += 1;
            Found::Room
        })
    }
}

/// How long a connection may lie idle before it is tried out on its next loan: firewalls forget idle connections without
/// a word to either side. One that was closed is noticed anyway, see `exec/pooled.rs`.
const TRUSTED_IDLE: Duration = Duration::from_secs(10);

/// How often the pool looks for old connections: four times in the time that they may have, within these limits.
const LOOK: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(30));

/// A connection that counts as open, until it is known what became of it.
struct Slot<'p>(&'p Pool);

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        self.0.forget();
    }
}

/// A place in the line. Whoever leaves it, served or not, makes way for the next.
struct Place<'p> {
    pool: &'p Pool,
    ticket: Ticket,
    since: Instant,
    is_served: bool,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        let mut state = self.pool.state();
        state.queue.leave(self.ticket);
        state.status.waited(self.since.elapsed(), self.is_served);
        if !state.idle.is_empty() || state.open < self.pool.options.max_connections {
            state.queue.wake();
        }
    }
}

impl Pool {
    pub(crate) fn new(connector: Connector, options: PoolOptions) -> Arc<Self> {
        Arc::new_cyclic(|pool| Self {
            connector: Arc::new(connector),
            options,
            state: Mutex::default(),
            _ends: close_old(Weak::clone(pool), &options),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is consistent between any two statements below, so a panic elsewhere does not harm it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns its state in numbers.
    pub(crate) fn status(&self) -> PoolStatus {
        let state = self.state();
        PoolStatus {
            max: self.options.max_connections,
            open: state.open,
            idle: state.idle.len(),
            waiting: state.queue.len(),
            ..state.status
        }
    }

    /// Takes a connection out, and says whether it is new: an idle one, or a new one, or, at the limit, one that comes
    /// back when those who came before are served.
    pub(super) fn take(&self) -> Result<(Member, bool)> {
        let found = self.wait()?;
        // A panic in a connector is an end, too.
        let slot = Slot(self);
        let used = match found {
            Found::Idle(idle) => self.of_use(idle),
            Found::Room => None,
        };
        let is_new = used.is_none();
        let member = match used {
            Some(member) => member,
            None => self.open()?,
        };
        mem::forget(slot);
        Ok((member, is_new))
    }

    fn wait(&self) -> Result<Found> {
        let max = self.options.max_connections;
        let mut state = self.state();
        if state.queue.is_empty()
            && let Some(found) = state.take(max)
        {
            return Ok(found);
        }
        let mut place = Place {
            pool: self,
            ticket: state.queue.join(this_thread()),
            since: Instant::now(),
            is_served: false,
        };
        loop {
            if state.queue.is_first(place.ticket)
                && let Some(found) = state.take(max)
            {
                drop(state);
                place.is_served = true;
                return Ok(found);
            }
            drop(state);
            let left = self.options.wait.saturating_sub(place.since.elapsed());
            if left.is_zero() {
                return Err(Error::new(
                    ErrorKind::Resources,
                    format!(
                        "all {max} connections of the pool were in use for {:?}\nhelp: drop scopes as soon as they are \
                         done, or raise `max_connections`",
                        self.options.wait
                    ),
                ));
            }
            thread::park_timeout(left);
            state = self.state();
        }
    }

    /// Returns a connection that was idle, if it is still of use.
    fn of_use(&self, Idle { mut member, since }: Idle) -> Option<Member> {
        let age = since.elapsed();
        if age >= self.options.idle_timeout || member.is_old() {
            return None;
        }
        let connection = &mut member.connection;
        if !connection.is_reusable() || (age >= TRUSTED_IDLE && !connection.is_alive()) {
            self.clear();
            return None;
        }
        Some(member)
    }

    /// Opens a connection that is not one of the pool.
    pub(crate) fn connect(&self) -> Result<Client> {
        Ok(self.connector.open()?.0)
    }

    /// How long opening a connection takes at the most.
    pub(crate) fn connect_limit(&self) -> Duration {
        self.connector.limit()
    }

    pub(super) fn open(&self) -> Result<Member> {
        let opened = self.connector.open()?;
        let limit = self.options.statement_timeout;
        let lifetime = self.options.max_lifetime.map(spread);
        Ok(Member {
            connection: PgConnection::opened(opened, &self.connector, limit),
            tenants: HashSet::new(),
            until: lifetime.and_then(|lifetime| Instant::now().checked_add(lifetime)),
        })
    }

    /// Closes all idle connections, because one was found dead: what has ended it has ended those that are as old, too.
    pub(super) fn clear(&self) {
        self.close(|_| true);
    }

    /// Closes the idle connections of which that is true.
    fn close(&self, is_over: impl Fn(&Idle) -> bool) {
        let mut state = self.state();
        let idle = mem::take(&mut state.idle);
        let (over, kept): (Vec<Idle>, Vec<Idle>) = idle.into_iter().partition(is_over);
        state.idle = kept;
        drop(state);
        for idle in over {
            let slot = Slot(self);
            drop(idle);
            drop(slot);
        }
    }

    /// Notes that a connection is gone.
    pub(super) fn forget(&self) {
        let mut state = self.state();
        state.open -= 1;
        state.queue.wake();
    }

    /// Takes a connection back.
    pub(super) fn put_back(&self, mut member: Member) {
        let slot = Slot(self);
        let connection = &mut member.connection;
        if !connection.settle() {
            if connection.is_broken() {
                self.clear();
            }
        } else if member.tenants.len() < self.options.max_tenants_per_connection && !member.is_old()
        {
            mem::forget(slot);
            let mut state = self.state();
            state.idle.push(Idle {
                member,
                since: Instant::now(),
            });
            state.queue.wake();
            return;
        }
        // It is closed before there is room for another.
        drop(member);
        drop(slot);
    }
}

/// Starts the thread that closes idle connections that are too old, until the result is dropped.
fn close_old(pool: Weak<Pool>, options: &PoolOptions) -> Sender<()> {
    let (ends, ended) = mpsc::channel();
    let idle = options.idle_timeout;
    let shortest = options.max_lifetime.map_or(idle, |time| time.min(idle));
    let every = (shortest / 4).clamp(LOOK.0, LOOK.1);
    let look = move || {
        while ended.recv_timeout(every) == Err(RecvTimeoutError::Timeout) {
            let Some(pool) = pool.upgrade() else { return };
            pool.close(|it| it.since.elapsed() >= idle || it.member.is_old());
        }
    };
    // Without a thread old connections are closed when they would be lent.
    drop(
        thread::Builder::new()
            .name("tenantry-pool".to_owned())
            .spawn(look),
    );
    ends
}

/// Takes up to a tenth from a time, at random: connections that were opened together are not closed together.
fn spread(time: Duration) -> Duration {
    let random = u32::try_from(RandomState::new().hash_one(()) % 100).unwrap_or_default();
    time.saturating_sub(time / 1000 * random)
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.status().fmt(f)
    }
}
