//! Transactions over a blocking connection that end where the program says so.

use super::stand_in::stands_in;
use super::{Session, SharedScope, TenantScope};
use crate::error::{Error, Result};
use crate::exec::{Begin, Blocking, Command, Flow, Transactions, run};

/// A scope over a blocking connection.
pub trait Blocks: Session {
    #[doc(hidden)]
    fn transactions(&mut self) -> &mut Transactions;

    #[doc(hidden)]
    fn command(&mut self, command: Command) -> Result<()>;
}

/// A transaction, or inside of one a savepoint. It is rolled back when it is dropped. Made by [`TenantScope::begin`] and [`SharedScope::begin`].
///
/// It is a scope like the one that it was begun in. [`TenantScope::transaction`] does the same with a closure.
///
/// ```no_run
/// # use tenantry::prelude::*;
/// # #[tenant_model]
/// # pub struct Account { #[field(key)] pub id: i64, pub cents: i64 }
/// # fn pay(acme: &mut TenantScope, from: i64, to: i64) -> tenantry::Result<()> {
/// let mut tx = acme.begin()?;
/// Account::update_where(Account::ID.eq(from)).set(Account::CENTS, Account::CENTS - 100).execute(&mut tx)?;
/// Account::update_where(Account::ID.eq(to)).set(Account::CENTS, Account::CENTS + 100).execute(&mut tx)?;
/// tx.commit()
/// # }
/// ```
#[must_use = "it is rolled back when it is dropped"]
pub struct Transaction<'s, S: Blocks> {
    scope: &'s mut S,
    depth: u32,
    is_open: bool,
}

impl<'s, S: Blocks> Transaction<'s, S> {
    pub(super) fn begin(scope: &'s mut S, begin: Begin) -> Result<Self> {
        scope.command(Command::Begin(begin))?;
        Ok(Self::begun(scope))
    }

    /// The transaction that has just begun.
    pub(crate) fn begun(scope: &'s mut S) -> Self {
        Self {
            depth: scope.transactions().depth(),
            scope,
            is_open: true,
        }
    }

    /// Commits the transaction, or takes over the savepoint's work.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Aborted`](crate::ErrorKind::Aborted), when a statement in it has failed, since PostgreSQL commits nothing then; and
    /// [`ErrorKind::CommitUnknown`](crate::ErrorKind::CommitUnknown), when the connection broke before the answer.
    pub fn commit(mut self) -> Result<()> {
        self.scope.command(Command::Commit(self.depth))?;
        self.is_open = false;
        Ok(())
    }

    /// Rolls the transaction or savepoint back.
    ///
    /// # Errors
    ///
    /// When the connection is lost; the server rolls back by itself then.
    pub fn rollback(mut self) -> Result<()> {
        self.is_open = false;
        self.scope.command(Command::RollBack(self.depth))
    }

    /// Does the work of the transaction, and ends it.
    pub(crate) fn run<T, E: From<Error>>(
        self,
        work: impl FnOnce(&mut S) -> Result<T, E>,
    ) -> Result<T, E> {
        let value = work(self.scope)?;
        self.commit()?;
        Ok(value)
    }
}

impl<S: Blocks> Drop for Transaction<'_, S> {
    fn drop(&mut self) {
        // A commit that has failed has ended it.
        if self.is_open
            && self.scope.transactions().depth() >= self.depth
            && let Err(error) = self.scope.command(Command::RollBack(self.depth))
        {
            // The pool drops such a connection, and the server rolls back.
            tracing::warn!(%error, "could not roll back; the connection will be closed");
        }
    }
}

stands_in!(Blocks);

macro_rules! blocks {
    ($($scope:ident),*) => {$(
        impl<C: Blocking> Blocks for $scope<C> {
            fn transactions(&mut self) -> &mut Transactions {
                self.connection.transactions()
            }

            fn command(&mut self, command: Command) -> Result<()> {
                run(&mut self.connection, Flow::transaction(command), &self.context)
            }
        }

        impl<C: Blocking> $scope<C> {
            /// Begins a transaction, or inside of one a savepoint, which is rolled back unless it is
            /// [committed](Transaction::commit).
            ///
            /// ```no_run
            /// # use tenantry::prelude::*;
            /// # #[tenant_model]
            /// # pub struct Note { #[field(key)] pub id: i64, pub text: String }
            /// # fn note(acme: &mut TenantScope) -> tenantry::Result<()> {
            /// let mut tx = acme.begin()?;
            /// Note::insert(NewNote::new("one")).execute(&mut tx)?;
            /// Note::insert(NewNote::new("two")).execute(&mut tx)?;
            /// tx.commit()
            /// # }
            /// ```
            ///
            /// # Errors
            ///
            /// When no connection can be had.
            pub fn begin(&mut self) -> Result<Transaction<'_, Self>> {
                Transaction::begin(self, Begin::default())
            }
        }
    )*};
}

blocks!(TenantScope, SharedScope);
