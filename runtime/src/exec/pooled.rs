//! A connection on loan.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::time::Duration;

use super::copying::GivesParts;
use super::driver::go;
use super::marks::MarkPosition;
use super::pool::{Member, Pool};
use super::step::Steps;
use super::{
    ACROSS, Answer, Blocking, CancelToken, Connection, Effect, Flow, Gives, PgConnection, Served,
    Statement, TakesRow, Transactions, run,
};
use crate::error::{ErrorKind, Result};
use crate::place::Context;

/// A connection on loan from a [`Database`](crate::Database); dropping it gives it back.
///
/// The server may have closed it while it lay idle, which shows only when it is used. So the first thing that is sent
/// over it is one that can be sent again over another: something that reads, the beginning of a transaction, or, over a
/// socket of the machine, a write of which it shows that the server did not take it up. Elsewhere a write goes after a message that
/// asks nothing, to see whether an answer comes.
#[derive(Debug)]
pub struct Pooled {
    /// Present until the loan ends.
    member: Option<Member>,
    /// Whether it has been idle, and nothing has been sent since.
    untried: bool,
    retired: bool,
    /// The tenant that it is for.
    served: Option<Served>,
    pool: Arc<Pool>,
}

impl Pool {
    /// Lends a connection: an idle one, or a new one, or, at the limit, one that comes back. Who waits is served in the order
    /// of coming. Of several idle ones a tenant gets one that has served it.
    pub(crate) fn get(self: &Arc<Self>, tenant: Option<i64>) -> Result<Pooled> {
        let (member, is_new) = self.take(tenant)?;
        Ok(Pooled {
            member: Some(member),
            untried: !is_new,
            retired: false,
            served: None,
            pool: Arc::clone(self),
        })
    }
}

impl Pooled {
    /// Notes that the connection serves a tenant.
    pub(crate) fn serves(&mut self, served: Served) {
        self.member_mut().held.serves(served.id());
        self.served = Some(served);
    }

    /// How far its server was when it was asked last.
    pub(super) fn position(&self) -> Option<&MarkPosition> {
        self.member.as_ref()?.position.as_deref()
    }

    /// Notes how far its server is.
    pub(super) fn is_at(&mut self, position: Option<MarkPosition>) {
        self.member_mut().position = position.map(Box::new);
    }

    /// The pool that it is from.
    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// Notes that a piece of control work in one tenant is done over the connection.
    pub(crate) fn works(&mut self) {
        self.member_mut().held.works();
    }

    /// Has the connection closed when the loan ends.
    pub(crate) fn retire(&mut self) {
        self.retired = true;
    }

    /// Runs a flow that only looks something up. None of its statements takes longer than opening a connection.
    pub(crate) fn look<T>(&mut self, flow: Flow<'_, T>, context: &Context) -> Result<T> {
        let limit = Some(self.pool.connect_limit());
        self.expect_promptness(limit);
        let outcome = self.over_registry(flow, context);
        self.expect_promptness(None);
        outcome
    }

    /// Runs a flow over the registry. Its statements may take as long as any.
    pub(crate) fn over_registry<T>(&mut self, flow: Flow<'_, T>, context: &Context) -> Result<T> {
        go(self, Steps::look(flow, context))
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
        let mut member = self.pool.open()?;
        member.connection.replace(self);
        self.member = Some(member);
        Ok(())
    }

    fn member_mut(&mut self) -> &mut Member {
        self.member
            .as_mut()
            .expect("the connection is there until the loan is dropped")
    }
}

impl Deref for Pooled {
    type Target = PgConnection;

    fn deref(&self) -> &PgConnection {
        let member = self.member.as_ref();
        &member
            .expect("the connection is there until the loan is dropped")
            .connection
    }
}

impl DerefMut for Pooled {
    fn deref_mut(&mut self) -> &mut PgConnection {
        &mut self.member_mut().connection
    }
}

impl Drop for Pooled {
    fn drop(&mut self) {
        match self.member.take() {
            Some(member) if self.retired => {
                drop(member);
                self.pool.forget();
            }
            Some(member) => self.pool.put_back(member),
            None => {}
        }
    }
}

impl Pooled {
    /// Notes the tables that a statement names.
    fn touches(&mut self, statement: &Statement) {
        if let (Some(served), Some(member)) = (&self.served, &mut self.member) {
            member.held.touches(served, &statement.sql);
        }
        if statement.operation == ACROSS {
            self.member_mut().held.spans(&statement.sql);
        }
    }
}

impl Blocking for Pooled {
    fn send(&mut self, statement: &Statement, row: TakesRow<'_>) -> Result<Answer> {
        self.touches(statement);
        // Rows and data that were told can't be taken back.
        if statement.effect == Effect::Reads
            && !matches!(statement.gives, Gives::Each | Gives::Data)
        {
            return self.first(|connection| connection.send(statement, row));
        }
        let is_whole = matches!(statement.gives, Gives::Rows | Gives::Count);
        if self.untried && is_whole && self.is_local() && !self.describes(statement) {
            self.untried = false;
            if let Some(answer) = self.send_first(statement)? {
                return Ok(answer);
            }
            self.replace()?;
        }
        self.try_out()?;
        PgConnection::send(self, statement, row)
    }

    fn copy(&mut self, statement: &Statement, part: GivesParts<'_>) -> Result<Answer> {
        self.touches(statement);
        self.try_out()?;
        PgConnection::copy(self, statement, part)
    }
}

impl Connection for Pooled {
    type Outcome<'a, T: 'a> = Result<T>;

    fn transactions(&mut self) -> &mut Transactions {
        PgConnection::transactions(self)
    }

    fn statement_limit(&self) -> Option<Duration> {
        PgConnection::statement_limit(self)
    }

    fn drive<'a, T: 'a>(&'a mut self, flow: Flow<'a, T>, context: &'a Context) -> Result<T> {
        run(self, flow, context)
    }
}
