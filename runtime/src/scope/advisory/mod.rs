//! Advisory locks: locks that the application names, and that end with the transaction.

mod holder;
mod wait;

use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};

use self::wait::FirstTry;
use super::{Session, SharedScope, TenantScope};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Connection, Flow};
use crate::place::Context;

/// A lock on something that the application names, such as a job that runs once at a time.
///
/// It is taken in a transaction by [`TenantScope::advisory_lock`] or [`TenantScope::try_advisory_lock`], and given back when that ends,
/// whatever happens: nothing stays in the session, so it is safe behind poolers. What is taken in a savepoint is given back when that is rolled back.
///
/// Each tenant has names of its own, which stay the same when it is renamed, and so have the shared scopes of a database: the same name
/// is another lock for each. Its number on the server is a hash, which no lock of tenantry's own has. A `pg_advisory_lock(1)` in SQL by hand is another lock, and neither
/// waits for the other.
///
/// It is for transactions that are read committed, which see what its last holder has committed. At a higher isolation it would protect nothing, and is refused there.
///
/// ```no_run
/// # use std::time::Duration;
/// # use tenantry::prelude::*;
/// use tenantry::scope::AdvisoryLock;
///
/// # fn send_reminders(_: &mut TenantScope) -> tenantry::Result<()> { Ok(()) }
/// # fn report(_: &mut TenantScope) -> tenantry::Result<()> { Ok(()) }
/// # fn run(acme: &mut TenantScope) -> tenantry::Result<()> {
/// acme.transaction(|tx| {
///     tx.advisory_lock("reminders")?;
///     send_reminders(tx)
/// })?;
/// // Reports run beside each other, and wait for nobody longer than a second.
/// let books = AdvisoryLock::new("books").shared().within(Duration::from_secs(1));
/// acme.transaction(|tx| {
///     tx.advisory_lock(books)?;
///     report(tx)
/// })
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdvisoryLock {
    name: String,
    is_shared: bool,
    within: Option<Duration>,
}

/// Outcome of [`TenantScope::try_advisory_lock`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "without the lock somebody else may be doing the same"]
pub enum LockAttempt {
    /// The transaction has the lock.
    Taken,
    /// Somebody else has it, or waits for it.
    Busy,
}

impl LockAttempt {
    /// Tells whether the transaction has the lock.
    #[must_use]
    pub fn is_taken(self) -> bool {
        self == Self::Taken
    }
}

/// The first three bytes of the keys of tenantry's own locks.
const OWN: i64 = 0x74_656e;

impl AdvisoryLock {
    /// Creates a lock of this name, which nobody else can have at the same time.
    ///
    /// Errors quote the name, so it says what is locked in words of the program: `"invoice-run"`, or `format!("order-{id}")`.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            is_shared: false,
            within: None,
        }
    }

    /// Lets others have it at the same time who share it too. Whoever does not share it waits for all of them.
    pub fn shared(self) -> Self {
        Self {
            is_shared: true,
            ..self
        }
    }

    /// Limits how long it is waited for, in whole milliseconds. Otherwise it is waited for as long as the session's `lock_timeout` says, and for 10 seconds
    /// if that says nothing.
    ///
    /// No wait is longer than nine tenths of what a statement may take, [`Options::statement_timeout`](super::Options::statement_timeout) or the
    /// session's own.
    pub fn within(self, limit: Duration) -> Self {
        Self {
            within: Some(limit),
            ..self
        }
    }

    /// Its key for the server: the same in all processes, whatever the tenant is called by now.
    fn key(&self, context: &Context) -> i64 {
        let mut hash = Sha256::new();
        if let Some(tenant) = context.tenant() {
            hash.update(b"tenant");
            hash.update(tenant.id.to_be_bytes());
            hash.update(tenant.since.to_be_bytes());
        } else {
            hash.update(b"shared");
        }
        hash.update(self.name.as_bytes());
        let mut key = [0; 8];
        key.copy_from_slice(&hash.finalize()[..8]);
        apart(i64::from_be_bytes(key))
    }
}

/// Keeps a key apart from those of tenantry's own locks.
fn apart(key: i64) -> i64 {
    if key >> 40 == OWN { !key } else { key }
}

fn admitted(context: &Context) -> Result<()> {
    if context.log().depth() > 0 {
        return Ok(());
    }
    let message = "an advisory lock ends with its transaction, and there is none\n\
                   help: take it in `scope.transaction(|tx| ..)`, on `tx`";
    Err(Error::new(ErrorKind::Configuration, message))
}

impl From<&str> for AdvisoryLock {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl From<String> for AdvisoryLock {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

impl From<&String> for AdvisoryLock {
    fn from(name: &String) -> Self {
        Self::new(name)
    }
}

macro_rules! advisory {
    ($($scope:ident),*) => {$(
        impl<C: Connection> $scope<C> {
            /// Takes a lock of this name, for which it waits while somebody else has it, and keeps it until the transaction ends.
            ///
            /// Whoever has it already in the same transaction has it once more. See [`AdvisoryLock`] for locks that are shared, and for
            /// how long it waits.
            ///
            /// # Errors
            ///
            /// [`ErrorKind::LockTimeout`], when it was not had in time: the message tells who has it. The transaction can go on, or be run
            /// again. [`ErrorKind::Deadlock`], when they wait for each other, and [`ErrorKind::Configuration`], when there is no
            /// transaction, or one of a higher isolation than read committed.
            pub fn advisory_lock(
                &mut self,
                lock: impl Into<AdvisoryLock>,
            ) -> <Self as Session>::Outcome<'_, ()> {
                let lock = lock.into();
                if let Err(error) = admitted(&self.context) {
                    return self.drive(Flow::Done(Err(error)));
                }
                let (key, log) = (lock.key(&self.context), self.context.log().clone());
                let of_statements = self.connection.statement_limit();
                self.drive(lock.attempt(key).and_on(move |attempt| match attempt {
                    Ok(FirstTry::Taken) => Flow::Done(Ok(())),
                    // In a savepoint, so that who is in the way can be looked up, and the transaction can go on.
                    Ok(FirstTry::Busy(before)) => {
                        let limit = lock.limit(&before, of_statements);
                        let wait = lock.wait(key, limit.0, &before);
                        Flow::atomic(Arc::clone(&log), || wait).and_on(move |outcome| match outcome {
                            Ok(()) => Flow::Done(Ok(())),
                            Err(error) => lock.told(key, limit, log, error),
                        })
                    }
                    Err(error) => Flow::Done(Err(error)),
                }))
            }

            /// Takes a lock of this name if nobody else has it or waits for it, and tells whether it did. Then it is kept until the
            /// transaction ends.
            ///
            /// A program that does not look at the outcome is told by the compiler.
            ///
            /// ```no_run
            /// # use tenantry::prelude::*;
            /// use tenantry::scope::LockAttempt;
            ///
            /// # fn send_reminders(_: &mut TenantScope) -> tenantry::Result<()> { Ok(()) }
            /// # fn run(acme: &mut TenantScope) -> tenantry::Result<bool> {
            /// acme.transaction(|tx| {
            ///     if tx.try_advisory_lock("reminders")? == LockAttempt::Busy {
            ///         return Ok(false);
            ///     }
            ///     send_reminders(tx)?;
            ///     Ok(true)
            /// })
            /// # }
            /// ```
            ///
            /// # Errors
            ///
            /// [`ErrorKind::Configuration`], when there is no transaction, or one of a higher isolation than read committed.
            pub fn try_advisory_lock(
                &mut self,
                lock: impl Into<AdvisoryLock>,
            ) -> <Self as Session>::Outcome<'_, LockAttempt> {
                let lock = lock.into();
                let key = lock.key(&self.context);
                let admitted = admitted(&self.context);
                self.drive(match admitted {
                    Ok(()) => lock.attempt(key).and_on(|attempt| {
                        Flow::Done(attempt.map(|attempt| match attempt {
                            FirstTry::Taken => LockAttempt::Taken,
                            FirstTry::Busy(_) => LockAttempt::Busy,
                        }))
                    }),
                    Err(error) => Flow::Done(Err(error)),
                })
            }
        }
    )*};
}

advisory!(TenantScope, SharedScope);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::{SchemaName, TenantKey};
    use crate::place::TenantPlace;

    fn acme() -> Context {
        let acme = TenantPlace {
            id: 7,
            since: 1_700_000_000_000_000,
            key: TenantKey::new("acme").unwrap(),
            schema: SchemaName::new("acme").unwrap(),
            standing: Arc::default(),
        };
        Context::nowhere().opened(Some(acme), &Arc::default())
    }

    #[test]
    fn keys_are_kept_since_processes_of_several_versions_run_beside_each_other() {
        let key = |name: &str, context: &Context| AdvisoryLock::new(name).key(context);
        assert_eq!(key("a", &Context::nowhere()), 5_984_898_983_124_828_429);
        assert_eq!(key("a", &acme()), -4_197_424_298_218_559_235);
        assert_eq!(key("", &acme()), -5_947_246_500_823_904_427);
        let shared = AdvisoryLock::new("a").shared();
        assert_eq!(shared.key(&Context::nowhere()), 5_984_898_983_124_828_429);
    }

    #[test]
    fn no_key_is_one_of_tenantrys_own_locks() {
        for own in [
            0x7465_6e00_0000_0001,
            0x7465_6e61_6e74_7279,
            0x7465_6e61_6e74_7278,
        ] {
            assert_ne!(apart(own) >> 40, OWN);
            assert_eq!(apart(!own), !own);
        }
    }
}
