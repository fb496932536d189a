//! Transactions over a blocking connection; inside one, another is a savepoint.

use std::thread;

use super::begun::Transaction;
use super::builder::{Retrying, TransactionBuilder, pause};
use super::{SharedScope, TenantScope};
use crate::error::{Error, Result};
use crate::exec::{Blocking, CancelToken, Command, Flow, PgConnection, Pooled, run};
use crate::place::Context;

/// A connection that has the driver's own, which can be given out.
pub trait Lends: Blocking {
    #[doc(hidden)]
    fn lend(&mut self) -> &mut postgres::Client;
}

impl Lends for PgConnection {
    fn lend(&mut self) -> &mut postgres::Client {
        self.client()
    }
}

impl Lends for Pooled {
    fn lend(&mut self) -> &mut postgres::Client {
        // What is done next says that there is no connection, if none can be had.
        drop(self.try_out());
        self.client()
    }
}

impl<C: Lends> Lends for &mut C {
    fn lend(&mut self) -> &mut postgres::Client {
        (**self).lend()
    }
}

macro_rules! transactions {
    ($($scope:ident),*) => {$(
        impl<C: Blocking> $scope<C> {
            /// Runs a closure in a transaction: commits when it returns `Ok`, rolls back when it returns `Err` or panics.
            ///
            /// Inside a transaction it is a savepoint, so that only its own work is rolled back.
            ///
            /// # Errors
            ///
            /// The closure's own; [`ErrorKind::Aborted`](crate::ErrorKind::Aborted), when the closure returned `Ok`
            /// although a statement in it failed, since PostgreSQL commits nothing then; and
            /// [`ErrorKind::CommitUnknown`](crate::ErrorKind::CommitUnknown).
            pub fn transaction<T>(
                &mut self,
                work: impl FnOnce(&mut Self) -> Result<T, Error>,
            ) -> Result<T, Error> {
                self.transaction_with_error(work)
            }

            /// Runs a closure in a transaction like [`transaction`](Self::transaction), with an error of the application's.
            ///
            /// The closure says which, as `|tx| -> Result<_, MyError> { .. }` does: the compiler can't tell by itself.
            ///
            /// # Errors
            ///
            /// As [`transaction`](Self::transaction).
            pub fn transaction_with_error<T, E: From<Error>>(
                &mut self,
                work: impl FnOnce(&mut Self) -> Result<T, E>,
            ) -> Result<T, E> {
                self.build_transaction().run_with_error(work)
            }
        }

        impl<'s, C: Blocking> TransactionBuilder<'s, $scope<C>> {
            /// Begins the transaction, which is rolled back unless it is [committed](Transaction::commit).
            ///
            /// # Errors
            ///
            /// [`ErrorKind::Nested`](crate::ErrorKind::Nested), inside of another transaction, unless nothing was said of it; when no
            /// connection can be had.
            pub fn begin(self) -> Result<Transaction<'s, $scope<C>>> {
                Transaction::begin(self.scope, self.begin)
            }

            /// Runs a closure in the transaction, like [`transaction`]($scope::transaction).
            ///
            /// # Errors
            ///
            /// As [`begin`](Self::begin), and as [`transaction`]($scope::transaction).
            pub fn run<T>(
                self,
                work: impl FnOnce(&mut $scope<C>) -> Result<T>,
            ) -> Result<T> {
                self.run_with_error(work)
            }

            /// Runs a closure in the transaction, with an error of the application's.
            ///
            /// # Errors
            ///
            /// As [`run`](Self::run).
            pub fn run_with_error<T, E: From<Error>>(
                self,
                work: impl FnOnce(&mut $scope<C>) -> Result<T, E>,
            ) -> Result<T, E> {
                self.begin()?.run(work)
            }
        }

        impl<C: Blocking> Retrying<'_, $scope<C>> {
            /// Runs a closure in the transaction, and again in another after a conflict.
            ///
            /// # Errors
            ///
            /// As [`TransactionBuilder::run`], of the last attempt.
            pub fn run<T>(self, work: impl FnMut(&mut $scope<C>) -> Result<T>) -> Result<T> {
                self.go(work, |error| !error.is_retryable())
            }

            /// Runs a closure in the transaction, and again in another after a conflict, with an error of the application's.
            ///
            /// # Errors
            ///
            /// As [`run`](Self::run).
            pub fn run_with_error<T, E: From<Error>>(
                self,
                work: impl FnMut(&mut $scope<C>) -> Result<T, E>,
            ) -> Result<T, E> {
                self.go(work, |_| false)
            }

            fn go<T, E: From<Error>>(
                mut self,
                mut work: impl FnMut(&mut $scope<C>) -> Result<T, E>,
                is_other: fn(&E) -> bool,
            ) -> Result<T, E> {
                for attempts in 1.. {
                    // One that can't begin is no conflict.
                    let outcome = self.attempt().begin()?.run(&mut work);
                    let Err(error) = &outcome else { return outcome };
                    let transactions = self.scope.connection.transactions();
                    if self.attempts == 0 || !transactions.is_to_be_retried(is_other(error)) {
                        return outcome;
                    }
                    thread::sleep(pause(attempts));
                }
                unreachable!("the attempts end")
            }
        }

        impl<C: Lends> $scope<C> {
            /// The driver's own connection, for what tenantry does not do.
            ///
            /// Nothing checks what is done through it, so qualify every name with its schema. What it leaves behind, such
            /// as settings, a role, temporary tables, locks, or an open transaction, is there until the scope ends: then
            /// the session is reset before anybody else has the connection.
            ///
            /// Its methods panic on a thread of an asynchronous runtime; [`blocking`](crate::exec::blocking) runs them
            /// there. Of its tokens only [`cancel_token`](Self::cancel_token) of the scope is of use.
            pub fn client(&mut self) -> &mut postgres::Client {
                self.connection.lend()
            }
        }

        impl $scope<Pooled> {
            /// Returns what cancels the scope's statements, from any thread and until the scope ends.
            ///
            /// ```no_run
            /// # fn main() -> tenantry::Result<()> {
            /// # let db = tenantry::Database::connect("postgres://app@localhost/app")?;
            /// let mut scope = db.shared()?;
            /// let token = scope.cancel_token()?;
            /// std::thread::spawn(move || token.cancel());
            /// # Ok(())
            /// # }
            /// ```
            ///
            /// # Errors
            ///
            /// When no connection can be had.
            pub fn cancel_token(&mut self) -> Result<CancelToken> {
                self.connection.cancel_token()
            }
        }
    )*};
}

transactions!(TenantScope, SharedScope);

/// Rolls back what is as deep as that, if the commit has not ended it.
pub(super) fn undo(connection: &mut impl Blocking, depth: u32, context: &Context) {
    if connection.transactions().depth() < depth {
        return;
    }
    let rollback = Flow::transaction(Command::RollBack(depth));
    // A connection on which that fails is of no more use: the pool drops it, and the server rolls back.
    if let Err(error) = run(connection, rollback, context) {
        tracing::warn!(%error, "could not roll back; the connection will be closed");
    }
}
