//! The connections of an asynchronous database: kept, lent and retired, by the rules of `kept.rs`.

use std::fmt;
use std::future::{Future, poll_fn};
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::{Arc, Weak};
use std::task::{self, Poll, Waker};
use std::time::{Duration, Instant};

use tokio::runtime::Handle;
use tokio::task::{JoinError, JoinHandle};
use tokio::time::timeout;

use super::connection::Connection;
use super::connector::Connector;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::caught::caught_in_task;
use crate::exec::closing::still_open;
use crate::exec::connect::too_slow;
use crate::exec::kept::{Idle, Kept, Lendable, Returned};
use crate::exec::limits::PROMPT;
use crate::exec::mark::{Mark, is_refused};
use crate::exec::member::PoolOptions;
use crate::exec::pool_status::PoolStatus;
use crate::exec::renewal::Renewal;
use crate::exec::rest::Rest;
use crate::exec::watch::Watch;

pub(crate) struct Pool {
    connector: Arc<Connector>,
    /// Opens connections for named statements.
    marked: Option<(Arc<Connector>, Mark)>,
    kept: Kept<Connection>,
    replicas: Replicas,
    /// The use of its server, as a replica.
    rest: Rest,
    /// The runtime that it was made in, for what nobody waits for.
    runtime: Handle,
}

/// The pools of a server's replicas, and what looks at how far the server is.
#[derive(Default)]
pub(crate) struct Replicas {
    pub(crate) pools: Vec<Arc<Pool>>,
    pub(crate) looks: Option<Arc<crate::exec::Pool>>,
}

pub(super) type Member = Box<crate::exec::member::Member<Connection>>;

impl Pool {
    /// Makes a pool of the runtime that this is called in.
    pub(crate) fn new(
        connector: Arc<Connector>,
        marked: Option<(Arc<Connector>, Mark)>,
        options: PoolOptions,
        replicas: Replicas,
    ) -> Arc<Self> {
        let pool = Arc::new(Self {
            connector,
            marked,
            kept: Kept::new(options),
            replicas,
            rest: Rest::default(),
            runtime: Handle::current(),
        });
        tokio::spawn(keep_young(Arc::downgrade(&pool), options));
        pool
    }

    /// The pools of its server's replicas.
    pub(super) fn replicas(&self) -> &[Arc<Self>] {
        &self.replicas.pools
    }

    /// The look at how far the server is.
    pub(super) fn watch(&self) -> Option<&Arc<Watch>> {
        Some(self.replicas.looks.as_ref()?.watch())
    }

    /// The same, begun if nobody looks by now, once something is known of the server.
    pub(super) fn looked_at(&self) -> Option<&Arc<Watch>> {
        self.replicas.looks.as_ref()?.looked_at()
    }

    /// The use of its server, as a replica.
    pub(super) fn rest(&self) -> &Rest {
        &self.rest
    }

    /// Opens the first connection.
    pub(crate) async fn warm_up(self: &Arc<Self>) -> Result<()> {
        let (member, _) = Arc::clone(self).take(None, None).await?;
        self.put_back(member);
        Ok(())
    }

    pub(crate) fn status(&self) -> PoolStatus {
        self.kept.status()
    }

    /// How long opening a connection takes at the most.
    pub(super) fn connect_limit(&self) -> Duration {
        self.connector.limit()
    }

    pub(super) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    /// Takes a connection for a tenant that is idle and surely of use, if there is one and nobody waits.
    pub(super) fn take_now(&self, tenant: Option<i64>) -> Took {
        match self.kept.take(tenant) {
            Some(Lendable::Idle(idle)) => {
                let now = Instant::now();
                if idle.is_over(self.kept.options(), now)
                    || idle.is_to_be_tried(now)
                    || idle.member.connection.is_closed()
                {
                    Took::Found(Lendable::Idle(idle))
                } else {
                    Took::Member(idle.member)
                }
            }
            Some(found) => Took::Found(found),
            None => Took::Nothing,
        }
    }

    /// Takes a connection out, and says whether it is new: what was found, or, at the limit, one that comes back when those who came
    /// before are served.
    pub(super) fn take(
        self: Arc<Self>,
        found: Option<Lendable<Connection>>,
        tenant: Option<i64>,
    ) -> impl Future<Output = Result<(Member, bool)>> + Send {
        // A future that is dropped is an end, too.
        let mut room = found.is_some().then(|| Room::of(&self));
        async move {
            let found = if let Some(found) = found {
                found
            } else {
                let found = self.wait(tenant).await?;
                room = Some(Room::of(&self));
                found
            };
            let used = self.of_use(found).await;
            let is_new = used.is_none();
            let member = match used {
                Some(member) => member,
                None => self.open().await?,
            };
            if let Some(room) = room {
                room.stays();
            }
            Ok((member, is_new))
        }
    }

    /// Opens a connection in the room of one that is gone.
    pub(super) fn replace(self: Arc<Self>) -> impl Future<Output = Result<(Member, bool)>> + Send {
        self.clear();
        self.take(Some(Lendable::Room), None)
    }

    /// Takes back a connection that is as it was when it was lent.
    pub(super) fn put_back(self: &Arc<Self>, member: Member) {
        match self.kept.keep(member) {
            Returned::Stays => {}
            Returned::Renews(renewal) => {
                let pool = Arc::downgrade(self);
                self.runtime.spawn(async move {
                    if let Some(pool) = pool.upgrade() {
                        pool.renew(renewal).await;
                    }
                });
            }
            Returned::Ends(old) => self.discard(old),
        }
    }

    /// Opens the successor of a connection, which goes on if there can be none.
    async fn renew(&self, renewal: Renewal) {
        // Whoever opens connections may be the application's.
        match caught_in_task(self.open()).await {
            Ok(member) => {
                if let Some(old) = self.kept.succeed(&renewal, member) {
                    self.discard(old);
                }
            }
            Err(error) => {
                tracing::debug!(%error, "no connection could be opened in the place of one that is to go");
            }
        }
    }

    /// Closes a connection that was taken.
    pub(super) fn discard(&self, member: Member) {
        drop(member);
        self.kept.forget();
    }

    /// Refuses whoever wants a connection of a pool that is closed.
    pub(crate) fn check(&self) -> Result<()> {
        self.kept.closing().check()
    }

    /// Serves nobody from now on, and waits for so long until all connections are closed.
    pub(crate) async fn close(&self, limit: Duration) -> Result<()> {
        for pool in self.all() {
            pool.kept.end();
        }
        let left = |waker: &Waker| -> usize { self.all().map(|pool| pool.kept.left(waker)).sum() };
        let over = poll_fn(|task| match left(task.waker()) {
            0 => Poll::Ready(()),
            _ => Poll::Pending,
        });
        let over = timeout(limit, over).await;
        over.map_err(|_| still_open(left(Waker::noop())))
    }

    /// This pool, and those of its server's replicas.
    fn all(&self) -> impl Iterator<Item = &Self> {
        let replicas = self.replicas.pools.iter().map(|pool| &**pool);
        std::iter::once(self).chain(replicas)
    }

    async fn wait(&self, tenant: Option<i64>) -> Result<Lendable<Connection>> {
        let mut place = self.kept.join(Waker::noop().clone());
        let left = place.left();
        let served = timeout(
            left,
            poll_fn(|task| {
                place.wake_by(task.waker());
                if let Err(closed) = self.kept.closing().check() {
                    return Poll::Ready(Err(closed));
                }
                match place.take(tenant) {
                    Some(found) => Poll::Ready(Ok(found)),
                    None => Poll::Pending,
                }
            }),
        );
        served.await.map_err(|_| self.kept.options().all_in_use())?
    }

    /// Returns a connection that was idle, if it is still of use.
    async fn of_use(&self, found: Lendable<Connection>) -> Option<Member> {
        let Lendable::Idle(idle) = found else {
            return None;
        };
        let now = Instant::now();
        let is_over = idle.is_over(self.kept.options(), now);
        let is_to_be_tried = idle.is_to_be_tried(now);
        let Idle { member, .. } = idle;
        if is_over {
            return None;
        }
        let connection = &member.connection;
        if connection.is_closed() || (is_to_be_tried && !connection.is_alive().await) {
            self.clear();
            return None;
        }
        Some(member)
    }

    pub(super) async fn open(&self) -> Result<Member> {
        let options = self.kept.options();
        let Some((marked, mark)) = &self.marked else {
            let connection = self.opened(&self.connector).await?;
            return Ok(self.kept.member(connection));
        };
        let mut connection = match self.opened(marked).await {
            Err(error) if is_refused(&error) => self.opened(&self.connector).await?,
            opened => opened?,
        };
        connection
            .keep_prepared(mark, options.prepared_statements)
            .await?;
        Ok(self.kept.member(connection))
    }

    /// How long a statement may take.
    pub(super) fn limit_of_statements(&self) -> Option<Duration> {
        self.kept.options().statement_timeout
    }

    /// Opens a connection in the runtime of the pool: that of whoever asks may end before it.
    async fn opened(&self, connector: &Arc<Connector>) -> Result<Connection> {
        let limit = self.limit_of_statements();
        let connector = Arc::clone(connector);
        let open = async move { Connection::open(&connector, limit).await };
        let opening = Opening(self.runtime.spawn(open));
        // That runtime may be one that nobody runs.
        let limit = self.connector.limit();
        match timeout(limit + PROMPT, opening).await {
            Ok(Ok(connection)) => connection,
            Ok(Err(error)) if error.is_panic() => resume_unwind(error.into_panic()),
            Ok(Err(_)) => Err(Error::new(
                ErrorKind::Connection,
                "the runtime is gone that the database was connected in\n\
                 help: connect in the runtime that lives as long as the database",
            )),
            Err(_) => Err(too_slow(limit)),
        }
    }

    /// Closes all idle connections, because one was found dead: what has ended it has ended those that are as old, too.
    pub(super) fn clear(&self) {
        self.kept.close(|_| true);
    }
}

/// A task that ends when nobody waits for it any more.
struct Opening<T>(JoinHandle<T>);

impl<T> Future for Opening<T> {
    type Output = Result<T, JoinError>;

    fn poll(mut self: Pin<&mut Self>, task: &mut task::Context<'_>) -> Poll<Self::Output> {
        Pin::new(&mut self.0).poll(task)
    }
}

impl<T> Drop for Opening<T> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// The room of a connection that counts as open, until it is known what became of it.
pub(super) struct Room(Option<Arc<Pool>>);

impl Room {
    pub(super) fn of(pool: &Arc<Pool>) -> Self {
        Self(Some(Arc::clone(pool)))
    }

    /// Has it go on counting as open.
    pub(super) fn stays(mut self) {
        self.0 = None;
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        if let Some(pool) = &self.0 {
            pool.kept.forget();
        }
    }
}

/// The offer of a pool at the moment.
pub(super) enum Took {
    Member(Member),
    /// It has to be looked at, or opened.
    Found(Lendable<Connection>),
    /// Somebody has to wait for it.
    Nothing,
}

/// Closes idle connections that are too old, and renews those that grow old, until the pool is dropped.
async fn keep_young(pool: Weak<Pool>, options: PoolOptions) {
    let every = options.looks_every();
    loop {
        tokio::time::sleep(every).await;
        let Some(pool) = pool.upgrade() else { return };
        if pool.check().is_err() {
            return;
        }
        if let Some(renewal) = pool.kept.look() {
            pool.renew(renewal).await;
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.status().fmt(f)
    }
}
