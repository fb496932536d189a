//! Jobs of tenants, for tasks.

use super::{Database, TenantScope};
use crate::error::Result;
use crate::scope::Job;
use crate::tenant::TenantRef;

impl Database {
    /// Opens the scope of a tenant that a reference leads to.
    ///
    /// # Errors
    ///
    /// As [`scope::Database::tenant_of`](crate::scope::Database::tenant_of).
    pub async fn tenant_of(&self, tenant: &TenantRef) -> Result<TenantScope> {
        let scope = self.tenant(tenant.key()).await?;
        if tenant.is(scope.tenant_place()) {
            return Ok(scope);
        }
        // What is known of the key may be older than the reference.
        let scope = self.tenant_now(tenant.key()).await?;
        if tenant.is(scope.tenant_place()) {
            return Ok(scope);
        }
        Err(tenant.gone())
    }

    /// Takes a job out of its envelope, with the scope of the tenant that it is for.
    ///
    /// # Errors
    ///
    /// As [`scope::Database::job`](crate::scope::Database::job).
    pub async fn job<T>(&self, job: Job<T>) -> Result<(TenantScope, T)> {
        Ok((self.tenant_of(job.tenant()).await?, job.into_work()))
    }
}
