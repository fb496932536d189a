//! Transactions over an asynchronous connection; inside one, another is a savepoint.

use tokio::time::sleep;

use super::{SharedScope, TenantScope};
use crate::error::{Error, Result};
use crate::exec::tokio::{Driven, Lease};
use crate::exec::{Begin, Command, Connection, Flow};
use crate::scope::{Retrying, Session, TransactionBuilder, pause, stands_in};

/// A scope over an asynchronous connection.
pub trait Leased: Session {
    #[doc(hidden)]
    fn lease(&mut self) -> &mut Lease;

    #[doc(hidden)]
    fn driven<'a, T: 'a>(&'a mut self, flow: Flow<'a, T>) -> Driven<'a, T>;
}

impl<S: Leased> Leased for &mut S {
    fn lease(&mut self) -> &mut Lease {
        (**self).lease()
    }

    fn driven<'a, T: 'a>(&'a mut self, flow: Flow<'a, T>) -> Driven<'a, T> {
        (**self).driven(flow)
    }
}

impl<S: Leased> Leased for Transaction<'_, S> {
    fn lease(&mut self) -> &mut Lease {
        self.scope.lease()
    }

    fn driven<'a, T: 'a>(&'a mut self, flow: Flow<'a, T>) -> Driven<'a, T> {
        self.scope.driven(flow)
    }
}

/// A transaction, or inside of one a savepoint. It is rolled back when it is dropped, without anybody waiting for it.
///
/// It is a scope like the one that it was begun in. `transaction` of a scope does the same with an asynchronous closure.
///
/// ```no_run
/// # use tenantry::prelude::*;
/// # use tenantry::tokio::TenantScope;
/// # #[tenant_model]
/// # pub struct Account { #[field(key)] pub id: i64, pub cents: i64 }
/// # async fn pay(acme: &mut TenantScope, from: i64, to: i64) -> tenantry::Result<()> {
/// let mut tx = acme.begin().await?;
/// Account::update_where(Account::ID.eq(from)).set(Account::CENTS, Account::CENTS - 100).execute(&mut tx).await?;
/// Account::update_where(Account::ID.eq(to)).set(Account::CENTS, Account::CENTS + 100).execute(&mut tx).await?;
/// tx.commit().await
/// # }
/// ```
#[must_use = "it is rolled back when it is dropped"]
pub struct Transaction<'s, S: Leased> {
    scope: &'s mut S,
    depth: u32,
}

impl<'s, S: Leased> Transaction<'s, S> {
    async fn begin(scope: &'s mut S, begin: Begin) -> Result<Self> {
        scope
            .driven(Flow::transaction(Command::Begin(begin)))
            .await?;
        let depth = scope.lease().transactions().depth();
        Ok(Self { scope, depth })
    }

    /// Commits the transaction, or takes over the savepoint's work.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Aborted`](crate::ErrorKind::Aborted), when a statement in it has failed, since PostgreSQL commits nothing then; and
    /// [`ErrorKind::CommitUnknown`](crate::ErrorKind::CommitUnknown), when the connection broke before the answer.
    pub async fn commit(self) -> Result<()> {
        let commit = Flow::transaction(Command::Commit(self.depth));
        if let Err(error) = self.scope.driven(commit).await {
            self.undo().await;
            return Err(error);
        }
        Ok(())
    }

    /// Rolls back what has not ended, and waits for that, unless it would mean to wait for what nobody has waited for: when this is
    /// dropped, that is cancelled.
    async fn undo(self) {
        let transactions = self.scope.lease().transactions();
        let is_left = self.depth == 1 && transactions.is_unanswered();
        if transactions.depth() >= self.depth
            && !is_left
            && let Err(error) = self.rollback().await
        {
            tracing::warn!(%error, "could not roll back; the connection will be closed");
        }
    }

    /// Rolls the transaction or savepoint back, and waits for that.
    ///
    /// A statement whose future was dropped in it is cancelled instead, if it is a transaction, and nobody waits.
    ///
    /// # Errors
    ///
    /// When the connection is lost; the server rolls back by itself then.
    pub async fn rollback(self) -> Result<()> {
        if self.depth == 1 && self.scope.lease().transactions().is_unanswered() {
            return Ok(());
        }
        let rollback = Flow::transaction(Command::RollBack(self.depth));
        self.scope.driven(rollback).await
    }

    /// Ends it by what came of its work.
    async fn ended<T, E: From<Error>>(self, outcome: Result<T, E>) -> Result<T, E> {
        match outcome {
            Ok(value) => {
                self.commit().await?;
                Ok(value)
            }
            Err(error) => {
                self.undo().await;
                Err(error)
            }
        }
    }
}

impl<S: Leased> Drop for Transaction<'_, S> {
    fn drop(&mut self) {
        // A commit, done or failed, has ended it.
        let lease = self.scope.lease();
        if lease.transactions().depth() >= self.depth {
            lease.abandon(self.depth);
        }
    }
}

stands_in!(Leased);

macro_rules! leased {
    ($($scope:ty),*) => {$(
        impl Leased for $scope {
            fn lease(&mut self) -> &mut Lease {
                self.connection.itself()
            }

            fn driven<'a, T: 'a>(&'a mut self, flow: Flow<'a, T>) -> Driven<'a, T> {
                self.drive(flow)
            }
        }

        impl $scope {
            /// Begins a transaction, or inside of one a savepoint, which is rolled back unless it is
            /// [committed](Transaction::commit).
            ///
            /// ```no_run
            /// # use tenantry::prelude::*;
            /// # use tenantry::tokio::TenantScope;
            /// # #[tenant_model]
            /// # pub struct Note { #[field(key)] pub id: i64, pub text: String }
            /// # async fn note(acme: &mut TenantScope) -> tenantry::Result<()> {
            /// let mut tx = acme.begin().await?;
            /// Note::insert(NewNote::new("one")).execute(&mut tx).await?;
            /// Note::insert(NewNote::new("two")).execute(&mut tx).await?;
            /// tx.commit().await
            /// # }
            /// ```
            ///
            /// # Errors
            ///
            /// When no connection can be had.
            pub async fn begin(&mut self) -> Result<Transaction<'_, Self>> {
                Transaction::begin(self, Begin::default()).await
            }
        }
    )*};
}

macro_rules! built {
    ($($scope:ty),*) => {$(
        impl<'s, 'l> TransactionBuilder<'s, $scope> {
            /// Begins the transaction, which is rolled back unless it is [committed](Transaction::commit).
            ///
            /// # Errors
            ///
            /// [`ErrorKind::Nested`](crate::ErrorKind::Nested), inside of another transaction, unless nothing was said of it; when no
            /// connection can be had.
            pub async fn begin(self) -> Result<Transaction<'s, $scope>> {
                Transaction::begin(self.scope, self.begin).await
            }
        }
    )*};
}

built!(
    TenantScope,
    SharedScope,
    crate::scope::SharedScope<&'l mut Lease>
);

// A closure that is given a scope which borrows would have its future be no `Send`: the compiler asks that for every lifetime of it.
// Such a scope has the guard.
leased!(
    TenantScope,
    SharedScope,
    crate::scope::SharedScope<&mut Lease>
);

macro_rules! transactions {
    ($($scope:ty),*) => {$(
        impl $scope {
            /// Runs an asynchronous closure in a transaction: commits when it returns `Ok`, rolls back when it returns `Err`,
            /// panics, or its future is dropped.
            ///
            /// Inside a transaction it is a savepoint, so that only its own work is rolled back.
            ///
            /// # Errors
            ///
            /// The closure's own; [`ErrorKind::Aborted`](crate::ErrorKind::Aborted), when the closure returned `Ok`
            /// although a statement in it failed, since PostgreSQL commits nothing then; and
            /// [`ErrorKind::CommitUnknown`](crate::ErrorKind::CommitUnknown).
            pub async fn transaction<T>(
                &mut self,
                work: impl AsyncFnOnce(&mut Self) -> Result<T>,
            ) -> Result<T> {
                self.transaction_with_error(work).await
            }

            /// Runs an asynchronous closure in a transaction like [`transaction`](Self::transaction), with an error of the
            /// application's.
            ///
            /// # Errors
            ///
            /// As [`transaction`](Self::transaction).
            pub async fn transaction_with_error<T, E: From<Error>>(
                &mut self,
                work: impl AsyncFnOnce(&mut Self) -> Result<T, E>,
            ) -> Result<T, E> {
                self.build_transaction().run_with_error(work).await
            }

            /// Has the scope keep its connection from its first statement on, until it is dropped.
            pub fn pinned(mut self) -> Self {
                self.connection.pin();
                self
            }
        }

        impl TransactionBuilder<'_, $scope> {
            /// Runs an asynchronous closure in the transaction, like [`transaction`](crate::tokio::TenantScope::transaction).
            ///
            /// # Errors
            ///
            /// As [`begin`](Self::begin), and as [`transaction`](crate::tokio::TenantScope::transaction).
            pub async fn run<T>(
                self,
                work: impl AsyncFnOnce(&mut $scope) -> Result<T>,
            ) -> Result<T> {
                self.run_with_error(work).await
            }

            /// Runs an asynchronous closure in the transaction, with an error of the application's.
            ///
            /// # Errors
            ///
            /// As [`run`](Self::run).
            pub async fn run_with_error<T, E: From<Error>>(
                self,
                work: impl AsyncFnOnce(&mut $scope) -> Result<T, E>,
            ) -> Result<T, E> {
                let tx = self.begin().await?;
                let outcome = work(tx.scope).await;
                tx.ended(outcome).await
            }
        }

        impl Retrying<'_, $scope> {
            /// Runs an asynchronous closure in the transaction, and again in another after a conflict.
            ///
            /// Each attempt has a clone of the closure: it may own what can be cloned, and borrow what it does not change.
            ///
            /// # Errors
            ///
            /// As [`TransactionBuilder::run`], of the last attempt.
            pub async fn run<T>(
                self,
                work: impl AsyncFnOnce(&mut $scope) -> Result<T> + Clone,
            ) -> Result<T> {
                self.go(work, |error| !error.is_retryable()).await
            }

            /// Runs an asynchronous closure in the transaction, and again in another after a conflict, with an error of the
            /// application's.
            ///
            /// # Errors
            ///
            /// As [`run`](Self::run).
            pub async fn run_with_error<T, E: From<Error>>(
                self,
                work: impl AsyncFnOnce(&mut $scope) -> Result<T, E> + Clone,
            ) -> Result<T, E> {
                self.go(work, |_| false).await
            }

            async fn go<T, E: From<Error>>(
                mut self,
                work: impl AsyncFnOnce(&mut $scope) -> Result<T, E> + Clone,
                is_other: fn(&E) -> bool,
            ) -> Result<T, E> {
                for attempts in 1.. {
                    let tx = self.attempt().begin().await?;
                    let outcome = work.clone()(tx.scope).await;
                    let outcome = tx.ended(outcome).await;
                    let Err(error) = &outcome else { return outcome };
                    let transactions = self.scope.connection.transactions();
                    if self.attempts == 0 || !transactions.is_to_be_retried(is_other(error)) {
                        return outcome;
                    }
                    sleep(pause(attempts)).await;
                }
                unreachable!("the attempts end")
            }
        }
    )*};
}

transactions!(TenantScope, SharedScope);
