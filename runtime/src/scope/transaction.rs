//! Transactions over a blocking connection; inside one, another is a savepoint.

use std::sync::Arc;

use super::log::TransactionLog;
use super::{SharedScope, TenantScope};
use crate::error::Error;
use crate::exec::{PgConnection, Pooled};

/// A connection that blocks.
pub trait Blocking {
    #[doc(hidden)]
    fn pg(&mut self) -> &mut PgConnection;
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
}

impl<C: Blocking> Blocking for &mut C {
    fn pg(&mut self) -> &mut PgConnection {
        (**self).pg()
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
            pub fn transaction<T, E: From<Error>>(
                &mut self,
                work: impl FnOnce(&mut Self) -> Result<T, E>,
            ) -> Result<T, E> {
                self.connection.pg().begin()?;
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
            /// Nothing checks what is done through it: qualify every name with its schema, and leave the session as it
            /// was. A transaction that is left open on it is rolled back when the scope ends.
            pub fn client(&mut self) -> &mut postgres::Client {
                self.connection.pg().client()
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
