//! Advisory locks: locks that the application names, and that end with the transaction.

use std::time::Duration;

use postgres::Row;
use postgres::types::Type;
use sha2::{Digest, Sha256};

use super::{Session, SharedScope, TenantScope};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::{Answer, Connection, Effect, Flow, Statement};
use crate::place::Context;
use crate::value::Param;

/// A lock on something that the application names, such as a job that runs once at a time.
///
/// It is taken in a transaction by [`TenantScope::advisory_lock`] or [`TenantScope::try_advisory_lock`], and given back when that ends,
/// whatever happens: nothing stays in the session, so it is safe behind poolers. What is taken in a savepoint is given back when that is rolled back.
///
/// Each tenant has names of its own, which stay the same when it is renamed, and so have the shared scopes of a database: the same name
/// is another lock for each. In SQL by hand there is no such lock, and none of tenantry's own is one.
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

/// How long a lock is waited for where neither it nor the session says how long.
const WAIT: &str = "10s";

/// The longest wait that PostgreSQL knows.
const LONGEST: Duration = Duration::from_millis(i32::MAX as u64);

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

    /// How long it is waited for, as PostgreSQL reads it.
    fn limit(&self) -> Param {
        let Some(limit) = self.within else {
            return Param::null(Type::TEXT);
        };
        // Zero would be no limit.
        let limit = limit.clamp(Duration::from_millis(1), LONGEST);
        Param::text(&format!("{}ms", limit.as_millis()))
    }

    fn suffix(&self) -> &'static str {
        if self.is_shared { "_shared" } else { "" }
    }

    /// Takes it if it is free.
    fn attempt<'f>(&self, key: i64) -> Flow<'f, bool> {
        let sql = format!(
            "SELECT pg_catalog.pg_try_advisory_xact_lock{}($1)",
            self.suffix()
        );
        let statement = statement("try_advisory_lock", sql, vec![Param::bigint(key)]);
        Flow::run(Ok(statement), |answer| {
            let rows = answer.rows();
            let row = rows.first().expect("it is a query of one row");
            Ok(row.try_get(0)?)
        })
    }

    /// Waits for it. The limit of waits is as it was behind that.
    fn wait<'f>(&self, key: i64) -> Flow<'f, ()> {
        let sql = format!(
            "WITH before AS MATERIALIZED (\
             SELECT pg_catalog.current_setting('lock_timeout') AS was), \
             limited AS MATERIALIZED (SELECT was, pg_catalog.set_config('lock_timeout', \
             COALESCE($2, CASE was WHEN '0' THEN '{WAIT}' ELSE was END), true) FROM before), \
             locked AS MATERIALIZED (SELECT was, pg_catalog.pg_advisory_xact_lock{}($1) FROM limited) \
             SELECT pg_catalog.set_config('lock_timeout', was, true) FROM locked",
            self.suffix()
        );
        let params = vec![Param::bigint(key), self.limit()];
        let statement = statement("advisory_lock", sql, params);
        Flow::run(Ok(statement), |_| Ok(()))
    }

    /// Says of an error who has it, if it was not had in time.
    fn told<'f>(self, key: i64, error: Error) -> Flow<'f, ()> {
        if error.kind() != ErrorKind::LockTimeout {
            return Flow::Done(Err(error));
        }
        let look = Statement::look("holder", HOLDER, vec![Param::bigint(key)]);
        let read = |answer: Answer| answer.rows().first().map(holder).transpose();
        Flow::run(Ok(look), read).and_on(move |holder| {
            let holder = holder.ok().flatten().unwrap_or_default();
            let message = format!(
                "the advisory lock `{}` was not had in time{holder}\n\
                 help: run the transaction again (`build_transaction().retrying(5)`), wait longer with `AdvisoryLock::within`, or do \
                 something else meanwhile, with `try_advisory_lock`",
                self.name
            );
            Flow::Done(Err(error.retold(ErrorKind::LockTimeout, message)))
        })
    }
}

/// Whoever has had the lock for longest.
const HOLDER: &str = "
SELECT k.pid, a.application_name,
    EXTRACT(epoch FROM pg_catalog.clock_timestamp() - a.xact_start)::double precision
FROM pg_catalog.pg_locks AS k LEFT JOIN pg_catalog.pg_stat_activity AS a ON a.pid = k.pid
WHERE k.locktype = 'advisory' AND k.granted AND k.objsubid = 1
    AND (k.classid::bigint << 32 | k.objid::bigint) = $1 AND k.pid <> pg_catalog.pg_backend_pid()
    AND k.database = (SELECT oid FROM pg_catalog.pg_database WHERE datname = pg_catalog.current_database())
ORDER BY a.xact_start LIMIT 1";

fn holder(row: &Row) -> Result<String> {
    let pid: i32 = row.try_get(0)?;
    let name = match row.try_get::<_, Option<&str>>(1)? {
        Some(name) if !name.is_empty() => format!(" (`{name}`)"),
        _ => String::new(),
    };
    // Of another role's session a role without rights is not told since when.
    let since = match row.try_get::<_, Option<f64>>(2)? {
        Some(seconds) => format!(", in a transaction that began {seconds:.1} s ago"),
        None => String::new(),
    };
    Ok(format!("; session {pid}{name} has it{since}"))
}

/// Keeps a key apart from those of tenantry's own locks.
fn apart(key: i64) -> i64 {
    if key >> 40 == OWN { !key } else { key }
}

fn statement(operation: &'static str, sql: String, params: Vec<Param>) -> Statement {
    Statement {
        // It is not sent again by itself.
        effect: Effect::Writes,
        ..Statement::look(operation, sql, params)
    }
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
            /// transaction.
            pub fn advisory_lock(
                &mut self,
                lock: impl Into<AdvisoryLock>,
            ) -> <Self as Session>::Outcome<'_, ()> {
                let lock = lock.into();
                if let Err(error) = admitted(&self.context) {
                    return self.drive(Flow::Done(Err(error)));
                }
                let (key, log) = (lock.key(&self.context), self.context.log().clone());
                self.drive(lock.attempt(key).and_on(move |attempt| match attempt {
                    Ok(true) => Flow::Done(Ok(())),
                    // In a savepoint, so that who is in the way can be looked up, and the transaction can go on.
                    Ok(false) => {
                        let wait = lock.wait(key);
                        Flow::atomic(log, || wait).and_on(move |outcome| match outcome {
                            Ok(()) => Flow::Done(Ok(())),
                            Err(error) => lock.told(key, error),
                        })
                    }
                    Err(error) => Flow::Done(Err(error)),
                }))
            }

            /// Takes a lock of this name if nobody else has it or waits for it, and tells whether it did. Then it is kept until the
            /// transaction ends.
            ///
            /// ```no_run
            /// # use tenantry::prelude::*;
            /// # fn send_reminders(_: &mut TenantScope) -> tenantry::Result<()> { Ok(()) }
            /// # fn run(acme: &mut TenantScope) -> tenantry::Result<bool> {
            /// acme.transaction(|tx| {
            ///     if !tx.try_advisory_lock("reminders")? {
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
            /// [`ErrorKind::Configuration`], when there is no transaction.
            pub fn try_advisory_lock(
                &mut self,
                lock: impl Into<AdvisoryLock>,
            ) -> <Self as Session>::Outcome<'_, bool> {
                let lock = lock.into();
                let key = lock.key(&self.context);
                let admitted = admitted(&self.context);
                self.drive(match admitted {
                    Ok(()) => lock.attempt(key),
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

    #[test]
    fn no_key_is_one_of_tenantrys_own_locks() {
        let lock = AdvisoryLock::new("a");
        let shared = lock.key(&Context::nowhere());
        // Kept, since processes of several versions run beside each other.
        assert_eq!(shared, lock.shared().key(&Context::nowhere()));
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
