//! A connection on loan.

use std::collections::HashSet;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use postgres::Client;

use super::pool::Pool;
use super::postgres::run;
use super::{Answer, CancelToken, Connection, Effect, Flow, PgConnection, Statement};
use crate::error::{ErrorKind, Result};
use crate::place::Context;

/// A connection on loan from a [`Database`](crate::Database); dropping it gives it back.
///
/// The server may have closed it while it lay idle, which shows only when it is used. So the first thing that is sent
/// over it is one that can be sent again over another: something that reads, the beginning of a transaction, or else
/// nothing, to see whether an answer comes.
#[derive(Debug)]
pub struct Pooled {
    /// Present until the loan ends.
    connection: Option<PgConnection>,
    tenants: HashSet<i64>,
    /// Whether it has been idle, and nothing has been sent since.
    untried: bool,
    retired: bool,
    pool: Arc<Pool>,
}

impl Pool {
    /// Lends a connection: an idle one, or a new one, or, at the limit, the first that comes back.
    pub(crate) fn get(self: &Arc<Self>) -> Result<Pooled> {
        let (connection, served) = self.take()?;
        Ok(Pooled {
            connection: Some(connection),
            untried: served.is_some(),
            tenants: served.unwrap_or_default(),
            retired: false,
            pool: Arc::clone(self),
        })
    }
}

impl Pooled {
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

    /// Does a piece of control work that only reads, and takes no longer than opening a connection.
    pub(crate) fn look<T: Send>(
        &mut self,
        work: impl Fn(&mut Client) -> Result<T> + Send + Sync,
    ) -> Result<T> {
        let limit = Some(self.pool.connect_limit());
        self.first(|connection| connection.within(limit, &work))
    }

    /// Begins a transaction, or a savepoint inside one.
    pub(crate) fn begin(&mut self) -> Result<()> {
        self.first(PgConnection::begin)
    }

    /// Has the connection replaced if it is found dead before anything is done over it.
    pub(crate) fn try_out(&mut self) -> Result<()> {
        if self.untried && !self.is_alive() {
            self.replace()?;
        }
        self.untried = false;
        Ok(())
    }

    /// Returns what cancels its statements from another thread until the loan ends.
    pub(crate) fn cancel_token(&mut self) -> Result<CancelToken> {
        // Another connection could take the place of a dead one later.
        self.try_out()?;
        let token = PgConnection::cancel_token(self);
        Ok(token.expect("the pool has opened it"))
    }

    /// Does something that can be done again. The first time, that is over another connection if this one is dead.
    fn first<T>(&mut self, mut work: impl FnMut(&mut PgConnection) -> Result<T>) -> Result<T> {
        let untried = std::mem::take(&mut self.untried);
        match work(self) {
            Err(error) if untried && error.kind() == ErrorKind::Connection => {
                self.replace()?;
                work(self)
            }
            outcome => outcome,
        }
    }

    fn replace(&mut self) -> Result<()> {
        self.pool.clear();
        self.connection = Some(self.pool.open()?);
        self.tenants.clear();
        Ok(())
    }

    fn execute(&mut self, statement: &Statement, context: &Context) -> Result<Answer> {
        if statement.effect == Effect::Reads {
            return self.first(|connection| connection.execute(statement, context));
        }
        self.try_out()?;
        PgConnection::execute(self, statement, context)
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

    fn drive<'a, T: 'a>(&'a mut self, flow: Flow<'a, T>, context: &'a Context) -> Result<T> {
        run(flow, context, |statement| self.execute(statement, context))
    }
}
