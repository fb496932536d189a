//! Work for a tenant that is done later, elsewhere.

use serde::{Deserialize, Serialize};

use super::{Database, TenantScope};
use crate::error::Result;
use crate::exec::Connection;
use crate::tenant::TenantRef;

/// Work for a tenant that is done later, elsewhere: the envelope for the payload of a queue.
///
/// The work can be had with the tenant's scope only, from [`Database::job`]. So a worker can't do it for another tenant, nor
/// for one that is gone.
///
/// ```no_run
/// # use tenantry::prelude::*;
/// # use tenantry::scope::Job;
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Remind {
///     invoice: i64,
/// }
///
/// fn enqueue(acme: &TenantScope, invoice: i64) -> serde_json::Result<String> {
///     serde_json::to_string(&Job::new(acme.reference(), Remind { invoice }))
/// }
///
/// fn work(db: &Database, payload: &str) -> Result<(), Box<dyn std::error::Error>> {
///     let job: Job<Remind> = serde_json::from_str(payload)?;
///     let (mut acme, Remind { invoice }) = db.job(job)?;
///     // ...
/// #   drop((acme.reference(), invoice));
///     Ok(())
/// }
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job<T> {
    tenant: TenantRef,
    work: T,
}

impl<T> Job<T> {
    /// Puts work for a tenant into its envelope.
    pub fn new(tenant: TenantRef, work: T) -> Self {
        Self { tenant, work }
    }

    /// The tenant that the work is for, as for a field of a log or for one queue per tenant.
    pub fn tenant(&self) -> &TenantRef {
        &self.tenant
    }

    /// Takes the work out, for a scope that was opened for it.
    pub(crate) fn into_work(self) -> T {
        self.work
    }
}

impl<C: Connection> TenantScope<C> {
    /// Returns a reference to the tenant that can be kept and sent.
    pub fn reference(&self) -> TenantRef {
        TenantRef::new(self.tenant_place())
    }
}

impl Database {
    /// Opens the scope of a tenant that a reference leads to.
    ///
    /// # Errors
    ///
    /// As [`tenant`](Self::tenant): also a tenant that was renamed since is [`ErrorKind::UnknownTenant`](crate::ErrorKind::UnknownTenant), even if
    /// another has its key now.
    pub fn tenant_of(&self, tenant: &TenantRef) -> Result<TenantScope> {
        let scope = self.tenant(tenant.key())?;
        if tenant.is(scope.tenant_place()) {
            return Ok(scope);
        }
        drop(scope);
        // What is known of the key may be older than the reference.
        let scope = self.tenant_now(tenant.key())?;
        if tenant.is(scope.tenant_place()) {
            return Ok(scope);
        }
        Err(tenant.gone())
    }

    /// Takes a job out of its envelope, with the scope of the tenant that it is for.
    ///
    /// # Errors
    ///
    /// As [`tenant_of`](Self::tenant_of). Of a tenant that is unknown the job can be given up; of one that is suspended, and after an error that
    /// [is retryable](crate::Error::is_retryable), it is to be kept.
    pub fn job<T>(&self, job: Job<T>) -> Result<(TenantScope, T)> {
        Ok((self.tenant_of(job.tenant())?, job.into_work()))
    }
}
