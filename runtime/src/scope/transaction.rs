//! Transactions over a blocking connection; inside one, another is a savepoint.

use std::sync::Arc;

use super::{SharedScope, TenantScope};
use crate::error::{Error, Result};
use crate::exec::{CancelToken, PgConnection, Pooled};
use crate::place::TransactionLog;

/// A connection that blocks.
pub trait Blocking {
    #[doc(hidden)]
    fn pg(&mut self) -> &mut PgConnection;

    #[doc(hidden)]
    fn begin(&mut self) -> Result<()> {
        self.pg().begin()
    }

    /// The driver's own connection, which is about to be given out.
    #[doc(hidden)]
    fn lend(&mut self) -> &mut postgres::Client {
        self.pg().client()
    }
}

impl Blocking for PgConnection {
    fn pg(&mut self) -> &mut PgConnection {
        self
    }
}

impl Blocking for Pooled {
    fn pg(&mut self) -> &mut PgConnection {
        self
    }

    fn begin(&mut self) -> Result<()> {
        Self::begin(self)
    }

    fn lend(&mut self) -> &mut postgres::Client {
        // What is done next says that there is no connection, if none can be had.
        drop(self.try_out());
        self.client()
    }
}

impl<C: Blocking> Blocking for &mut C {
    fn pg(&mut self) -> &mut PgConnection {
        (**self).pg()
    }

    fn begin(&mut self) -> Result<()> {
        (**self).begin()
    }

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
                self.transaction_with(work)
            }

            /// Runs a closure in a transaction like [`transaction`](Self::transaction), with an error of the application's.
            ///
            /// The closure says which, as `|tx| -> Result<_, MyError> { .. }` does: the compiler can't tell by itself.
            ///
            /// # Errors
            ///
            /// As [`transaction`](Self::transaction).
            pub fn transaction_with<T, E: From<Error>>(
                &mut self,
                work: impl FnOnce(&mut Self) -> Result<T, E>,
            ) -> Result<T, E> {
                self.connection.begin()?;
                let log = Arc::clone(self.context.log());
                log.begun();
                let mut guard = RollBack {
                    scope: self,
                    log: Arc::clone(&log),
                    armed: true,
                    connection: |scope| scope.connection.pg(),
                };
                let outcome = work(guard.scope);
                guard.armed = false;
                drop(guard);
                let connection = self.connection.pg();
                let outcome = match outcome {
                    Ok(value) => connection.commit().map(|()| value).map_err(E::from),
                    Err(error) => {
                        connection.rollback();
                        Err(error)
                    }
                };
                log.ended(outcome.is_ok());
                outcome
            }

            /// The driver's own connection, for what tenantry does not do.
            ///
            /// Nothing checks what is done through it, so qualify every name with its schema. What it leaves behind, such
            /// as settings, a role, temporary tables, locks, or an open transaction, is there until the scope ends: then
            /// the session is reset before anybody else has the connection.
            ///
            /// Its methods panic on a thread of an asynchronous runtime; [`blocking`](crate::exec::blocking) runs them
            /// there. Of its tokens only [`cancel_token`](Self::cancel_token) of the scope is of use over TCP.
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

/// Rolls back while a panic unwinds.
struct RollBack<'a, S> {
    scope: &'a mut S,
    log: Arc<TransactionLog>,
    armed: bool,
    connection: fn(&mut S) -> &mut PgConnection,
}

impl<S> Drop for RollBack<'_, S> {
    fn drop(&mut self) {
        if self.armed {
            (self.connection)(self.scope).rollback();
            self.log.ended(false);
        }
    }
}
