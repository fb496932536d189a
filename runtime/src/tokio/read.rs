//! Scopes of tasks that only read, from a replica where there is one.

use super::{Database, Leased, ReadScope, TenantScope};
use crate::error::Result;
use crate::exec::tokio::{Driven, Lease};
use crate::exec::{Flow, Served, Written, ask_written};
use crate::scope;
use crate::tenant::ToTenant;

impl ReadScope {
    /// Tells whether the last rows came from a replica.
    pub fn is_of_replica(&self) -> bool {
        self.connection.is_of_replica()
    }
}

impl TenantScope {
    /// Returns a scope of the same tenant that only reads, from a replica if there is one that is fresh enough.
    ///
    /// It has a connection of its own, so it sees nothing of a transaction that is open here.
    ///
    /// ```no_run
    /// # use tenantry::prelude::*;
    /// # use tenantry::tokio::TenantScope;
    /// # #[tenant_model]
    /// # pub struct Member { #[field(key)] pub id: i64, pub name: String }
    /// # async fn count(acme: &TenantScope) -> tenantry::Result<i64> {
    /// Member::query().count(&mut acme.read()).await
    /// # }
    /// ```
    pub fn read(&self) -> ReadScope {
        self.read_after(Written::default())
    }

    /// Returns such a scope that sees all that was [written](Database::written) by then.
    pub fn read_after(&self, written: Written) -> ReadScope {
        let place = self.tenant_place();
        let lease = Lease::reading(self.connection.pool(), Served::new(place), written);
        // A replica may have migrations later.
        ReadScope::new(lease, scope::Session::context(self), place.clone().apart())
    }
}

impl Database {
    /// Returns the moment: what was committed until now is seen by whoever [reads after](TenantScope::read_after) it.
    ///
    /// ```no_run
    /// # use tenantry::prelude::*;
    /// # use tenantry::tokio::{Database, TenantScope};
    /// # #[tenant_model]
    /// # pub struct Member { #[field(key)] pub id: i64, pub name: String }
    /// # async fn join(db: &Database, acme: &mut TenantScope) -> tenantry::Result<()> {
    /// Member::insert(NewMember::new("Ann")).execute(acme).await?;
    /// let cookie = db.written().await?.to_string();
    /// // In the next request:
    /// let members = Member::query().all(&mut acme.read_after(cookie.parse()?)).await?;
    /// # drop(members);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When no connection can be had; when the server is a replica itself.
    pub async fn written(&self) -> Result<Written> {
        let mut lease = self.lease(None);
        lease.expect_promptness();
        Driven::look(&mut lease, ask_written(), self.context()).await
    }

    /// Opens a scope of a tenant that only reads, from a replica if there is one that is fresh enough. It takes a connection when
    /// something is read.
    ///
    /// # Errors
    ///
    /// As [`tenant`](Self::tenant).
    pub async fn read_tenant(&self, key: impl ToTenant) -> Result<ReadScope> {
        Ok(self.tenant(key).await?.read())
    }
}

impl Leased for ReadScope {
    fn lease(&mut self) -> &mut Lease {
        &mut self.connection
    }

    fn driven<'a, T: 'a>(&'a mut self, flow: Flow<'a, T>) -> Driven<'a, T> {
        scope::Session::drive(self, flow)
    }
}
