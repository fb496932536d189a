//! The loan of a scope: a connection for a flow or a transaction, and none in between.

mod reading;

use std::future::Future;
use std::mem;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

pub(super) use self::reading::MemberSearch;
use self::reading::ReadLease;
use super::connection::{How, SentStatement};
use super::named::SessionState;
use super::pool::{Member, Pool, Room, Took};
use super::remote::Remote;
use super::settle::settle;
use crate::error::{Error, ErrorKind, Result};
use crate::exec::beside::Beside;
use crate::exec::limits::GRACE;
use crate::exec::replicas::session_is_gone;
use crate::exec::{ACROSS, Answer, Served, Statement, Transactions};

/// An asynchronous connection, taken out of the pool when something is sent and given back when nothing is open.
#[derive(Debug)]
pub struct Lease {
    transactions: Transactions,
    pool: Arc<Pool>,
    way: LeaseVia,
    /// The tenant that it is for.
    served: Option<Served>,
    /// Whether the connection has been idle, and nothing has been sent since.
    untried: bool,
    pinned: bool,
    /// How long an answer may take, if that is less than usual.
    prompt: Option<Duration>,
    beside: Option<Beside>,
    /// Whether the session is gone in which SQL had left something.
    is_lost: bool,
    /// Present if it only reads.
    reading: Option<Box<ReadLease>>,
}

/// The way of its statements.
enum LeaseVia {
    /// None: a connection is taken for the next.
    None,
    Member(Member),
    /// The connection over which a tenant is created.
    Remote(Remote),
}

/// A connection that is being taken, and whether it is new.
pub(super) type Taking = Pin<Box<dyn Future<Output = Result<(Member, bool)>> + Send>>;

impl Lease {
    pub(crate) fn new(pool: &Arc<Pool>, served: Option<Served>) -> Self {
        Self {
            transactions: Transactions::default(),
            pool: Arc::clone(pool),
            way: LeaseVia::None,
            served,
            untried: false,
            pinned: false,
            prompt: None,
            beside: None,
            is_lost: false,
            reading: None,
        }
    }

    /// A lease of the transaction in which a tenant is created.
    pub(crate) fn remote(pool: &Arc<Pool>, remote: Remote) -> Self {
        let mut lease = Self::new(pool, None);
        lease.transactions = Transactions::begun();
        lease.way = LeaseVia::Remote(remote);
        lease
    }

    /// Limits how long its statements wait for a lock: its task is creating a tenant over another connection.
    pub(crate) fn wait_beside(&mut self, beside: Beside) {
        self.beside = Some(beside);
    }

    /// Limits how long an answer may take to what opening a connection may.
    pub(crate) fn expect_promptness(&mut self) {
        self.prompt = Some(self.pool.connect_limit());
    }

    /// How long a statement may take.
    pub(super) fn limit_of_statements(&self) -> Option<Duration> {
        self.pool.limit_of_statements()
    }

    /// This lease, also of a reference to one.
    pub(crate) fn itself(&mut self) -> &mut Self {
        self
    }

    /// Keeps its connection from now on, once it has one.
    pub(crate) fn pin(&mut self) {
        self.pinned = true;
    }

    /// The pool of the server that it is for.
    pub(crate) fn pool(&self) -> &Arc<Pool> {
        &self.pool
    }

    /// Takes a connection if it has none, and needs one for whatever is sent. Gives what has to be waited for.
    pub(super) fn take(&mut self) -> Option<Taking> {
        if !matches!(self.way, LeaseVia::None) || self.reading.is_some() {
            return None;
        }
        let pool = Arc::clone(&self.pool);
        let tenant = self.served.as_ref().map(Served::id);
        if let Some(beside) = &self.beside {
            self.transactions.altered();
            let sql = beside.limit();
            return Some(Box::pin(async move {
                let (member, _) = Arc::clone(&pool).take(None, tenant).await?;
                let room = Room::of(&pool);
                let connection = &member.connection;
                let set = connection.within(GRACE, connection.client.batch_execute(&sql));
                if set.await.is_some() {
                    room.stays();
                    return Ok((member, true));
                }
                // It is closed before there is room for another.
                drop(member);
                drop(room);
                Err(lost())
            }));
        }
        match pool.take_now(tenant) {
            Took::Member(member) => {
                self.has(member, false);
                None
            }
            Took::Found(found) => Some(Box::pin(pool.take(Some(found), tenant))),
            Took::Nothing => Some(Box::pin(pool.take(None, tenant))),
        }
    }

    /// Notes that it has a connection.
    pub(super) fn has(&mut self, mut member: Member, is_new: bool) {
        if let Some(served) = &self.served {
            member.held.serves(served.id());
        }
        self.untried = !is_new;
        self.way = LeaseVia::Member(member);
    }

    /// State of its transactions.
    pub(super) fn state(&mut self) -> &mut Transactions {
        if let LeaseVia::Member(member) = &self.way
            && member.connection.is_closed()
        {
            self.transactions.broke();
        }
        &mut self.transactions
    }

    /// Takes another connection in the place of one that was found closed before anything was done over it.
    pub(super) fn replace(&mut self) -> Taking {
        self.way = LeaseVia::None;
        self.transactions.again();
        Box::pin(Arc::clone(&self.pool).replace())
    }

    /// Sends a statement, and says whether it is the first over a connection that was idle.
    pub(super) fn send(&mut self, statement: Statement) -> (SentStatement, bool) {
        let untried = mem::take(&mut self.untried);
        if let (Some(served), LeaseVia::Member(member)) = (&self.served, &mut self.way) {
            member.held.touches(served, &statement.sql);
        }
        if let (ACROSS, LeaseVia::Member(member)) = (statement.operation, &mut self.way) {
            member.held.spans(&statement.sql);
        }
        match &self.way {
            LeaseVia::Member(member) => {
                let how = How {
                    session: SessionState {
                        altered: self.transactions.is_altered(),
                        in_transaction: self.transactions.depth() > 0,
                    },
                    alone: self.transactions.is_outside(),
                    prompt: self.prompt,
                };
                (member.connection.send(statement, how), untried)
            }
            LeaseVia::Remote(remote) => (remote.send(statement), false),
            LeaseVia::None => unreachable!("a connection is taken before"),
        }
    }

    /// Notes that rows of an answer have come.
    pub(super) fn go_on(&self) {
        if let LeaseVia::Member(member) = &self.way {
            member.connection.go_on();
        }
    }

    /// Notes that whoever takes the rows of an answer does something else now.
    pub(super) fn paused(&self) {
        if let LeaseVia::Member(member) = &self.way {
            member.connection.left();
        }
    }

    /// Notes that an answer is there.
    pub(super) fn ended(&self, answer: Result<Answer>) -> Result<Answer> {
        let answer = match &self.way {
            LeaseVia::Member(member) => member.connection.ended(answer),
            LeaseVia::Remote(_) | LeaseVia::None => answer,
        };
        answer.map_err(|error| match &self.beside {
            Some(beside) => beside.explain(error),
            None => error,
        })
    }

    /// Gives the connection back if nothing is open that is its own.
    pub(super) fn release(&mut self) {
        let LeaseVia::Member(member) = &self.way else {
            return;
        };
        let connection = &member.connection;
        let is_gone = connection.is_closed() || self.transactions.is_broken();
        if is_gone && self.transactions.depth() == 0 {
            self.is_lost |= self.has_left_something();
            self.transactions = mem::take(&mut self.transactions).moved();
            self.discard();
        } else if self.transactions.is_idle() && !self.transactions.is_altered() {
            if connection.cancels.by().is_some() {
                // The cancellation could meet what is sent next.
                self.discard();
            } else if !self.pinned
                && let LeaseVia::Member(member) = mem::replace(&mut self.way, LeaseVia::None)
            {
                self.pool.put_back(member);
            }
        }
    }

    /// Whether SQL may have left something in the session that the rest of the scope counts on.
    fn has_left_something(&self) -> bool {
        // The limit of locks beside a creation is set again.
        self.transactions.is_altered() && self.beside.is_none()
    }

    /// Refuses to go on over another session than that in which SQL has left something.
    pub(super) fn check(&self) -> Result<()> {
        if self.is_lost {
            return Err(session_is_gone());
        }
        Ok(())
    }

    fn discard(&mut self) {
        if let LeaseVia::Member(member) = mem::replace(&mut self.way, LeaseVia::None) {
            self.pool.discard(member);
        }
    }

    /// Gives up what is under way, whatever that is: somebody else ends it on the server.
    pub(crate) fn give_up(&mut self) {
        if matches!(self.way, LeaseVia::None) {
            return;
        }
        self.is_lost |= self.has_left_something();
        let left = self.transactions.hand_over();
        match mem::replace(&mut self.way, LeaseVia::None) {
            LeaseVia::Member(member) => settle(&self.pool, member, left),
            LeaseVia::Remote(remote) if left.in_flight => remote.cancel(),
            LeaseVia::Remote(_) | LeaseVia::None => {}
        }
    }

    /// Gives up the transaction or savepoint of a depth.
    pub(crate) fn abandon(&mut self, depth: u32) {
        if depth <= 1 {
            self.give_up();
        } else {
            self.transactions.abandon(depth);
        }
    }

    /// Gives up a statement whose answer nobody waits for. In a transaction it is for its end to find out what came of it.
    pub(super) fn drop_answer(&mut self) {
        if self.transactions.depth() == 0 {
            self.give_up();
        } else {
            self.paused();
        }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.give_up();
    }
}

fn lost() -> Error {
    Error::new(
        ErrorKind::Connection,
        "a connection was lost before anything was done over it\nhelp: do it again",
    )
}

impl std::fmt::Debug for LeaseVia {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "None",
            Self::Member(_) => "Member",
            Self::Remote(_) => "Remote",
        })
    }
}
