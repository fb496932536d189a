//! The connections of a [`Database`](crate::Database): kept, lent and retired.
//!
//! A pool belongs to a server, never to a tenant. Who waits is served in the order of coming. A
//! connection is closed when it was idle for too long, has lived for too long, or has served too many distinct tenants:
//! a backend keeps some 16 KiB for each table that it has touched until then.

use std::fmt;
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use postgres::Client;

use super::kept::{Found, Idle, Kept, PoolOptions};
use super::pool_status::PoolStatus;
use super::queue::this_thread;
use super::{Connector, PgConnection};
use crate::error::Result;

pub(crate) struct Pool {
    connector: Arc<Connector>,
    kept: Kept<PgConnection>,
    /// Ends the thread that closes old connections when the pool is dropped.
    _ends: Sender<()>,
}

/// A connection of a pool.
pub(super) type Member = super::kept::Member<PgConnection>;

/// How often the pool looks for old connections: four times in the time that they may have, within these limits.
const LOOK: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(30));

impl Pool {
    pub(crate) fn new(connector: Arc<Connector>, options: PoolOptions) -> Arc<Self> {
        Arc::new_cyclic(|pool| Self {
            connector,
            kept: Kept::new(options),
            _ends: close_old(Weak::clone(pool), &options),
        })
    }

    /// Returns its state in numbers.
    pub(crate) fn status(&self) -> PoolStatus {
        self.kept.status()
    }

    /// Takes a connection out, and says whether it is new: an idle one, or a new one, or, at the limit, one that comes
    /// back when those who came before are served.
    pub(super) fn take(&self) -> Result<(Member, bool)> {
        let found = self.wait()?;
        // A panic in a connector is an end, too.
        let slot = self.kept.slot();
        let used = match found {
            Found::Idle(idle) => self.of_use(idle),
            Found::Room => None,
        };
        let is_new = used.is_none();
        let member = match used {
            Some(member) => member,
            None => self.open()?,
        };
        slot.stays();
        Ok((member, is_new))
    }

    fn wait(&self) -> Result<Found<PgConnection>> {
        if let Some(found) = self.kept.take() {
            return Ok(found);
        }
        let mut place = self.kept.join(this_thread());
        loop {
            if let Some(found) = place.take() {
                return Ok(found);
            }
            let left = place.left();
            if left.is_zero() {
                return Err(self.kept.all_in_use());
            }
            thread::park_timeout(left);
        }
    }

    /// Returns a connection that was idle, if it is still of use.
    fn of_use(&self, idle: Idle<PgConnection>) -> Option<Member> {
        if idle.is_over(self.kept.options()) {
            return None;
        }
        let is_to_be_tried = idle.is_to_be_tried();
        let mut member = idle.member;
        let connection = &mut member.connection;
        if !connection.is_reusable() || (is_to_be_tried && !connection.is_alive()) {
            self.clear();
            return None;
        }
        Some(member)
    }

    /// Opens a connection that is not one of the pool.
    pub(crate) fn connect(&self) -> Result<Client> {
        Ok(self.connector.open()?.0)
    }

    /// Opens one for queries that take no longer than opening it.
    pub(crate) fn connect_for_looks(&self) -> Result<Client> {
        let (client, silence) = self.connector.open()?;
        silence.allow(Some(self.connector.limit()));
        Ok(client)
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
        let opened = self.connector.open()?;
        let limit = self.kept.options().statement_timeout;
        let connection = PgConnection::opened(opened, &self.connector, limit);
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
            None => slot.stays(),
            Some(member) => {
                drop(member);
                drop(slot);
            }
        }
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
            let options = pool.kept.options();
            pool.kept.close(|idle| idle.is_over(options));
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

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.status().fmt(f)
    }
}
