//! The connections of a [`Database`](crate::Database): kept, lent and retired.
//!
//! A pool belongs to a server, never to a tenant. Who waits is served in the order of coming. A
//! connection is closed when it was idle for too long, has lived for too long, or has touched too many tables of
//! tenants, which a backend keeps in memory until then; before it goes, another is opened in its place by the thread that closes old ones.

use std::fmt;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::{Duration, Instant};

use postgres::Client;

use super::attended::open_for_long;
use super::closing::still_open;
use super::kept::{Idle, Kept, Lendable, Returned};
use super::mark::{Mark, is_refused};
use super::member::PoolOptions;
use super::pool_status::PoolStatus;
use super::queue::this_thread;
use super::renewal::Renewal;
use super::rest::Rest;
use super::watch::Watch;
use super::{Connector, Looks, PgConnection, caught};
use crate::error::Result;

pub(crate) struct Pool {
    connector: Arc<Connector>,
    /// Opens connections for named statements.
    marked: Option<(Arc<Connector>, Mark)>,
    kept: Kept<PgConnection>,
    /// Those of its server's replicas, and the look at how far the server is.
    replicas: (Vec<Arc<Pool>>, Arc<Watch>),
    /// The use of its server, as a replica.
    rest: Rest,
    /// Has successors opened. The thread that does it ends when the pool is dropped, or when it is given nothing.
    renewals: Sender<Option<Renewal>>,
}

/// A connection of a pool.
pub(super) type Member = Box<super::member::Member<PgConnection>>;

impl Pool {
    pub(crate) fn new(
        connector: Arc<Connector>,
        marked: Option<(Arc<Connector>, Mark)>,
        options: PoolOptions,
        replicas: Vec<Arc<Self>>,
        staleness: Duration,
    ) -> Arc<Self> {
        Arc::new_cyclic(|pool| Self {
            connector,
            marked,
            kept: Kept::new(options),
            replicas: (replicas, Watch::new(staleness)),
            rest: Rest::default(),
            renewals: keep_young(Weak::clone(pool), &options),
        })
    }

    /// The pools of its server's replicas.
    pub(super) fn replicas(&self) -> &[Arc<Self>] {
        &self.replicas.0
    }

    /// The look at how far the server is.
    pub(super) fn watch(&self) -> &Arc<Watch> {
        &self.replicas.1
    }

    /// The use of its server, as a replica.
    pub(super) fn rest(&self) -> &Rest {
        &self.rest
    }

    /// Returns its state in numbers.
    pub(crate) fn status(&self) -> PoolStatus {
        self.kept.status()
    }

    /// Takes a connection out for a tenant, and says whether it is new: an idle one, or a new one, or, at the limit, one that comes
    /// back when those who came before are served.
    pub(super) fn take(&self, tenant: Option<i64>) -> Result<(Member, bool)> {
        let found = self.wait(tenant)?;
        // A panic in a connector is an end, too.
        let slot = self.kept.slot();
        let used = match found {
            Lendable::Idle(idle) => self.of_use(idle),
            Lendable::Room => None,
        };
        let is_new = used.is_none();
        let member = match used {
            Some(member) => member,
            None => self.open()?,
        };
        slot.stays();
        Ok((member, is_new))
    }

    fn wait(&self, tenant: Option<i64>) -> Result<Lendable<PgConnection>> {
        if let Some(found) = self.kept.take(tenant) {
            return Ok(found);
        }
        let mut place = self.kept.join(this_thread());
        loop {
            self.kept.closing().check()?;
            if let Some(found) = place.take(tenant) {
                return Ok(found);
            }
            let left = place.left();
            if left.is_zero() {
                return Err(self.kept.options().all_in_use());
            }
            thread::park_timeout(left);
        }
    }

    /// Returns a connection that was idle, if it is still of use.
    fn of_use(&self, idle: Idle<PgConnection>) -> Option<Member> {
        let now = Instant::now();
        if idle.is_over(self.kept.options(), now) {
            return None;
        }
        let is_to_be_tried = idle.is_to_be_tried(now);
        let mut member = idle.member;
        let connection = &mut member.connection;
        if !connection.is_reusable() || (is_to_be_tried && !connection.is_alive()) {
            self.clear();
            return None;
        }
        Some(member)
    }

    /// Opens a connection that is not one of the pool, for long work.
    pub(crate) fn connect(&self) -> Result<Client> {
        self.kept.closing().check()?;
        open_for_long(&self.connector)
    }

    /// Opens one for queries that take no longer than opening it.
    pub(crate) fn connect_for_looks(&self) -> Result<Looks> {
        // It counts before anybody can have missed it.
        let guest = self.kept.closing().guest();
        self.kept.closing().check()?;
        let limit = self.connector.limit();
        Ok(Looks::new(self.connector.open()?, limit, guest))
    }

    /// How long a connection may live.
    pub(crate) fn max_lifetime(&self) -> Option<Duration> {
        self.kept.options().max_lifetime
    }

    /// How long opening a connection takes at the most.
    pub(crate) fn connect_limit(&self) -> Duration {
        self.connector.limit()
    }

    pub(super) fn open(&self) -> Result<Member> {
        let opened = match &self.marked {
            Some((marked, _)) => marked.open().or_else(|error| {
                let refused = is_refused(&error).then(|| self.connector.open());
                refused.unwrap_or(Err(error))
            }),
            None => self.connector.open(),
        };
        let options = self.kept.options();
        let limit = options.statement_timeout;
        let mut connection = PgConnection::opened(opened?, &self.connector, limit);
        if let Some((_, mark)) = &self.marked {
            connection.keep_prepared(mark, options.prepared_statements)?;
        }
        Ok(self.kept.member(connection))
    }

    /// Closes all idle connections, because one was found dead: what has ended it has ended those that are as old, too.
    pub(super) fn clear(&self) {
        self.kept.close(|_| true);
    }

    /// Notes that a connection is gone.
    pub(super) fn forget(&self) {
        self.kept.forget();
    }

    /// Takes a connection back.
    pub(super) fn put_back(&self, mut member: Member) {
        let slot = self.kept.slot();
        let connection = &mut member.connection;
        if !connection.settle() {
            if connection.is_broken() {
                self.clear();
            }
            // It is closed before there is room for another.
            drop(member);
            return drop(slot);
        }
        match self.kept.keep(member) {
            Returned::Stays => slot.stays(),
            Returned::Renews(renewal) => {
                slot.stays();
                // Without the thread it goes on as long as it may.
                drop(self.renewals.send(Some(renewal)));
            }
            Returned::Ends(member) => {
                drop(member);
                drop(slot);
            }
        }
    }

    /// Whether it serves nobody any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.kept.closing().check().is_err()
    }

    /// Serves nobody from now on, nor do the pools of replicas, and ends the threads.
    pub(crate) fn end(&self) {
        for pool in self.all() {
            pool.kept.end();
            drop(pool.renewals.send(None));
        }
        self.replicas.1.end();
    }

    /// The same, and waits for so long until all connections are closed.
    pub(crate) fn close(&self, limit: Duration) -> Result<()> {
        let until = Instant::now().checked_add(limit);
        self.end();
        let waker = this_thread();
        loop {
            let left: usize = self.all().map(|pool| pool.kept.left(&waker)).sum();
            if left == 0 {
                return Ok(());
            }
            let now = Instant::now();
            match until.map(|until| until.saturating_duration_since(now)) {
                Some(Duration::ZERO) => return Err(still_open(left)),
                Some(time) => thread::park_timeout(time),
                None => thread::park(),
            }
        }
    }

    /// This pool, and those of its server's replicas.
    fn all(&self) -> impl Iterator<Item = &Self> {
        let replicas = self.replicas.0.iter().map(|pool| &**pool);
        std::iter::once(self).chain(replicas)
    }

    /// Opens the successor of a connection, which goes on if there can be none.
    fn renew(&self, renewal: &Renewal) {
        // Whoever opens connections may be the application's.
        match caught(|| self.open()) {
            Ok(member) => {
                if let Some(old) = self.kept.succeed(renewal, member) {
                    let slot = self.kept.slot();
                    drop(old);
                    drop(slot);
                }
            }
            Err(error) => {
                tracing::debug!(%error, "no connection could be opened in the place of one that is to go");
            }
        }
    }
}

/// Starts the thread that closes idle connections that are too old, and opens successors, until the result is dropped.
fn keep_young(pool: Weak<Pool>, options: &PoolOptions) -> Sender<Option<Renewal>> {
    let (ask, asked) = mpsc::channel::<Option<Renewal>>();
    let every = options.looks_every();
    let look = move || {
        loop {
            let renewal = asked.recv_timeout(every);
            let Some(pool) = pool.upgrade() else { return };
            let renewal = match renewal {
                Ok(Some(renewal)) => Some(renewal),
                Err(RecvTimeoutError::Timeout) => pool.kept.look(),
                Ok(None) | Err(RecvTimeoutError::Disconnected) => return,
            };
            if let Some(renewal) = renewal {
                pool.renew(&renewal);
            }
        }
    };
    // Without a thread old connections are closed when they would be lent, or come back.
    drop(
        thread::Builder::new()
            .name("tenantry-pool".to_owned())
            .spawn(look),
    );
    ask
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.status().fmt(f)
    }
}
