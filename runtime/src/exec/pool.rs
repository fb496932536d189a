//! The connections of a [`Database`](crate::Database): kept, lent and retired.
//!
//! A pool belongs to a server, never to a tenant. It is our own because of the one rule that ready pools don't have:
//! a backend keeps some 16 KiB for each table that it has touched until it is closed, so a connection is retired once
//! it has served a bounded number of distinct tenants.

use std::collections::HashSet;
use std::fmt;
use std::ops::{Deref, DerefMut};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use postgres::Client;

use super::{Connection, Flow, PgConnection};
use crate::error::{Error, ErrorKind, Result};
use crate::scope::Context;

/// Opens a connection.
pub(crate) type Connector = dyn Fn() -> Result<Client, postgres::Error> + Send + Sync;

#[derive(Debug, Clone, Copy)]
pub(crate) struct PoolOptions {
    pub(crate) max_connections: usize,
    pub(crate) max_tenants_per_connection: usize,
    pub(crate) wait: Duration,
}

pub(crate) struct Pool {
    connect: Box<Connector>,
    options: PoolOptions,
    state: Mutex<State>,
    returned: Condvar,
}

#[derive(Default)]
struct State {
    idle: Vec<Idle>,
    open: usize,
}

struct Idle {
    connection: PgConnection,
    tenants: HashSet<i64>,
    since: Instant,
}

/// How long a connection may lie idle before it is tried out on its next loan: servers, poolers and firewalls close
/// idle connections without a word.
const TRUSTED_IDLE: Duration = Duration::from_secs(10);

impl Idle {
    fn is_usable(&mut self) -> bool {
        let trusted = self.since.elapsed() < TRUSTED_IDLE;
        self.connection.is_reusable() && (trusted || self.connection.is_alive())
    }
}

impl Pool {
    pub(crate) fn new(connect: Box<Connector>, options: PoolOptions) -> Arc<Self> {
        Arc::new(Self {
            connect,
            options,
            state: Mutex::default(),
            returned: Condvar::new(),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The state is consistent between any two statements below, so a panic elsewhere does not harm it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lends a connection: an idle one, or a new one, or, at the limit, the first that comes back.
    pub(crate) fn get(self: &Arc<Self>) -> Result<Pooled> {
        let deadline = Instant::now() + self.options.wait;
        let mut state = self.state();
        loop {
            if let Some(mut idle) = state.idle.pop() {
                drop(state);
                if idle.is_usable() {
                    return Ok(Pooled::new(self, idle.connection, idle.tenants));
                }
                self.forget();
                state = self.state();
            } else if state.open < self.options.max_connections {
                state.open += 1;
                drop(state);
                return self.open();
            } else {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Err(Error::new(
                        ErrorKind::Resources,
                        format!(
                            "all {} connections of the pool were in use for {:?}\nhelp: drop scopes as soon as they are \
                             done, or raise `max_connections`",
                            self.options.max_connections, self.options.wait
                        ),
                    ));
                }
                state = self
                    .returned
                    .wait_timeout(state, left)
                    .unwrap_or_else(PoisonError::into_inner)
                    .0;
            }
        }
    }

    /// Opens a connection that is not one of the pool.
    pub(crate) fn connect(&self) -> Result<Client> {
        Ok((self.connect)()?)
    }

    fn open(self: &Arc<Self>) -> Result<Pooled> {
        match (self.connect)() {
            Ok(client) => Ok(Pooled::new(self, PgConnection::new(client), HashSet::new())),
            Err(error) => {
                self.forget();
                Err(error.into())
            }
        }
    }

    fn forget(&self) {
        self.state().open -= 1;
        self.returned.notify_one();
    }

    fn put_back(&self, mut connection: PgConnection, tenants: HashSet<i64>) {
        if connection.settle() && tenants.len() < self.options.max_tenants_per_connection {
            let since = Instant::now();
            self.state().idle.push(Idle {
                connection,
                tenants,
                since,
            });
            self.returned.notify_one();
        } else {
            drop(connection);
            self.forget();
        }
    }
}

impl fmt::Debug for Pool {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = self.state();
        f.debug_struct("Pool")
            .field("open", &state.open)
            .field("idle", &state.idle.len())
            .finish_non_exhaustive()
    }
}

/// A connection on loan from a [`Database`](crate::Database); dropping it gives it back.
#[derive(Debug)]
pub struct Pooled {
    /// Present until the loan ends.
    connection: Option<PgConnection>,
    tenants: HashSet<i64>,
    retired: bool,
    pool: Arc<Pool>,
}

impl Pooled {
    fn new(pool: &Arc<Pool>, connection: PgConnection, tenants: HashSet<i64>) -> Self {
        Self {
            connection: Some(connection),
            tenants,
            retired: false,
            pool: Arc::clone(pool),
        }
    }

    /// Notes that the connection serves a tenant.
    pub(crate) fn serves(&mut self, tenant: i64) {
        self.tenants.insert(tenant);
    }

    /// Notes that the connection serves one more tenant, which may have no number yet.
    pub(crate) fn serves_another(&mut self) {
        // The registry's numbers are positive.
        let stand_in = -1 - i64::try_from(self.tenants.len()).unwrap_or(i64::MAX - 1);
        self.tenants.insert(stand_in);
    }

    /// Has the connection closed when the loan ends.
    pub(crate) fn retire(&mut self) {
        self.retired = true;
    }
}

impl Deref for Pooled {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        self.connection
            .as_ref()
            .expect("the connection is there until the loan is dropped")
    }
}

impl DerefMut for Pooled {
    fn deref_mut(&mut self) -> &mut PgConnection {
        self.connection
            .as_mut()
            .expect("the connection is there until the loan is dropped")
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        match self.connection.take() {
            Some(connection) if self.retired => {
                drop(connection);
                self.pool.forget();
            }
            Some(connection) => {
                self.pool
                    .put_back(connection, std::mem::take(&mut self.tenants));
            }
            None => {}
        }
    }
}

impl Connection for Pooled {
    type Outcome<'a, T: 'a> = Result<T>;

    fn drive<'a, T: Send + 'a>(&'a mut self, flow: Flow<'a, T>, context: &'a Context) -> Result<T> {
        (**self).drive(flow, context)
    }
}
