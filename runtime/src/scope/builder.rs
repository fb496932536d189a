//! Transactions that are more than the usual: their isolation, their access, and how often they are tried.

use std::time::Duration;

use super::{SharedScope, TenantScope};
use crate::exec::{Access, Begin, Connection, Isolation};
use crate::random::backoff;

/// The pause after the first attempt at a transaction, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_secs(1));

/// A transaction that is about to begin. Made by [`TenantScope::build_transaction`] and [`SharedScope::build_transaction`].
///
/// Whatever is not said is as the database has it by default, and all of it is said in the message that begins the transaction.
///
/// ```no_run
/// # use tenantry::prelude::*;
/// # #[tenant_model]
/// # pub struct Seat { #[field(key)] pub id: i64, pub taken: bool }
/// # fn take(acme: &mut TenantScope) -> tenantry::Result<Option<i64>> {
/// acme.build_transaction().serializable().retrying(5).run(|tx| {
///     let free = Seat::query().filter(Seat::TAKEN.eq(false)).order_by(Seat::ID.asc());
///     let Some(mut seat) = free.first(tx)? else { return Ok(None) };
///     seat.taken = true;
///     seat.save(tx)?;
///     Ok(Some(seat.id))
/// })
/// # }
/// ```
#[derive(Debug)]
#[must_use = "nothing begins until `run` or `begin` is called"]
pub struct TransactionBuilder<'s, S> {
    pub(crate) scope: &'s mut S,
    pub(crate) begin: Begin,
}

/// A transaction that is run again after a conflict. Made by [`TransactionBuilder::retrying`].
#[derive(Debug)]
#[must_use = "nothing begins until `run` is called"]
pub struct Retrying<'s, S> {
    pub(crate) scope: &'s mut S,
    pub(crate) begin: Begin,
    pub(crate) attempts: u32,
}

impl<'s, S> TransactionBuilder<'s, S> {
    pub(super) fn new(scope: &'s mut S) -> Self {
        Self {
            scope,
            begin: Begin::default(),
        }
    }

    /// Has each statement see what was committed before it.
    pub fn read_committed(self) -> Self {
        self.isolation(Isolation::ReadCommitted)
    }

    /// Has all statements see what was committed before the first. A write of what others have changed since is a conflict.
    pub fn repeatable_read(self) -> Self {
        self.isolation(Isolation::RepeatableRead)
    }

    /// Has transactions do as if they came one after the other. Where that can't be, one of them is a conflict, also at its commit.
    pub fn serializable(self) -> Self {
        self.isolation(Isolation::Serializable)
    }

    /// Has the server refuse whatever writes, with [`ErrorKind::ReadOnly`](crate::ErrorKind::ReadOnly).
    pub fn read_only(self) -> Self {
        self.access(Access::ReadOnly)
    }

    /// Allows it to write, also where the database does not by default.
    pub fn read_write(self) -> Self {
        self.access(Access::ReadWrite)
    }

    /// Has it wait for a moment from which on it is in nobody's way, and nobody in its: it is serializable and read only, and never a
    /// conflict. It is for long reports.
    pub fn deferrable(self) -> Self {
        let mut report = self.serializable().read_only();
        report.begin.is_deferrable = true;
        report
    }

    /// Runs it again when it was in conflict with others, at most this many times in all.
    ///
    /// It was if the server has refused a statement in it or the commit for that reason (a serialization failure, a deadlock, a lock that was
    /// not had in time), whatever the closure made of the error. A closure that was refused an [`AdvisoryLock`](super::AdvisoryLock) and goes on
    /// with another statement, or [runs](Retrying::run) into an error that is no conflict, has handled that. It is rolled back as a whole before, and what comes of it is that of
    /// the last attempt. Before each but the first it waits, longer each time, and never as long as anybody else. Where it is not known whether it took effect, it is not run again.
    pub fn retrying(self, attempts: u32) -> Retrying<'s, S> {
        let Self { scope, mut begin } = self;
        begin.is_retried = true;
        Retrying {
            scope,
            begin,
            attempts,
        }
    }

    fn isolation(mut self, isolation: Isolation) -> Self {
        self.begin.isolation = Some(isolation);
        self
    }

    fn access(mut self, access: Access) -> Self {
        self.begin.access = Some(access);
        self
    }
}

impl<S> Retrying<'_, S> {
    /// Returns the next attempt.
    pub(crate) fn attempt(&mut self) -> TransactionBuilder<'_, S> {
        self.attempts = self.attempts.saturating_sub(1);
        TransactionBuilder {
            scope: self.scope,
            begin: self.begin,
        }
    }
}

/// How long to wait after so many attempts.
pub(crate) fn pause(attempts: u32) -> Duration {
    backoff(PAUSES, attempts)
}

macro_rules! builders {
    ($($scope:ident),*) => {$(
        impl<C: Connection> $scope<C> {
            /// Returns a transaction to say more of before it begins: its isolation, whether it writes, and how often it is tried.
            pub fn build_transaction(&mut self) -> TransactionBuilder<'_, Self> {
                TransactionBuilder::new(self)
            }
        }
    )*};
}

builders!(TenantScope, SharedScope);
