//! Connections beside a creation: whoever fills a new tenant can't wait there for what the creation itself holds.

use std::time::Duration;

use crate::error::{Error, ErrorKind};
use crate::name::TenantKey;

/// A connection whose user is creating a tenant over another one.
#[derive(Debug, Clone)]
pub(crate) struct Beside {
    /// The tenant that is being created.
    pub(crate) creating: TenantKey,
    /// How long the connection may wait for a lock.
    pub(crate) lock_timeout: Duration,
}

impl Beside {
    /// The statement that limits its waits, in the session.
    pub(super) fn limit(&self) -> String {
        let timeout = self.lock_timeout.as_millis().clamp(1, i32::MAX as u128);
        format!("SET lock_timeout = {timeout}")
    }

    /// Says the same of an error where there may be no creation.
    pub(super) fn told(beside: Option<&Self>, error: Error) -> Error {
        match beside {
            Some(beside) => beside.explain(error),
            None => error,
        }
    }

    /// Says of a lock that was waited for too long who may hold it.
    pub(super) fn explain(&self, error: Error) -> Error {
        if error.kind() != ErrorKind::LockTimeout {
            return error;
        }
        let message = format!(
            "a statement waited too long for a lock, in a thread or task that is just creating the tenant `{}`: what the \
             creation has locked is free only when its hooks and its closure are done\n\
             help: do it over the scope that the hook or closure is given, as with `tx.shared_mut()`, or after the creation",
            self.creating
        );
        error.retold(ErrorKind::LockTimeout, message)
    }
}
