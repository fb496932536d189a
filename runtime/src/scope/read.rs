//! The scope of one tenant that only reads, from a replica where there is one.

use super::{Database, Session, TenantScope};
use crate::error::Result;
use crate::exec::{Connection, Flow, Reading, Served, Written, ask_written};
use crate::name::{SchemaName, TenantKey};
use crate::place::{Context, TenantPlace};
use crate::tenant::ToTenant;

/// A scope with one tenant selected that only reads, from one of [`Options::replicas`](super::Options::replicas) if that is fresh enough, and
/// otherwise from the primary. Made by [`TenantScope::read`] and [`Database::read_tenant`].
///
/// Nothing can be written through it: that does not compile. Each statement sees what was committed by some moment, which is no longer
/// ago than [`Options::replica_staleness`](super::Options::replica_staleness), and a later one no less; there are no transactions.
#[derive(Debug)]
pub struct ReadScope<C = Reading> {
    // Dropped first, so that the connection need not make another log of its transactions for whoever is next.
    context: Context,
    pub(crate) connection: C,
}

impl<C: Connection> ReadScope<C> {
    pub(crate) fn new(mut connection: C, database: &Context, tenant: TenantPlace) -> Self {
        let context = database.opened(Some(tenant), connection.transactions().log());
        Self {
            context,
            connection,
        }
    }

    /// The tenant's key.
    pub fn key(&self) -> &TenantKey {
        &self.place().key
    }

    /// The tenant's schema.
    pub fn schema(&self) -> &SchemaName {
        &self.place().schema
    }

    pub(super) fn place(&self) -> &TenantPlace {
        let tenant = self.context.tenant();
        tenant.expect("a scope of a tenant has one")
    }
}

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
    /// # #[tenant_model]
    /// # pub struct Member { #[field(key)] pub id: i64, pub name: String }
    /// # fn count(acme: &TenantScope) -> tenantry::Result<i64> {
    /// Member::query().count(&mut acme.read())
    /// # }
    /// ```
    pub fn read(&self) -> ReadScope {
        self.read_after(Written::default())
    }

    /// Returns such a scope that sees all that was [written](Database::written) by then.
    pub fn read_after(&self, written: Written) -> ReadScope {
        let place = self.tenant_place();
        let reading = Reading::new(self.connection.pool(), Served::new(place), written);
        // A replica may have migrations later.
        ReadScope::new(reading, &self.context, place.clone().apart())
    }
}

impl Database {
    /// Returns the moment: what was committed until now is seen by whoever [reads after](TenantScope::read_after) it.
    ///
    /// ```no_run
    /// # use tenantry::prelude::*;
    /// # #[tenant_model]
    /// # pub struct Member { #[field(key)] pub id: i64, pub name: String }
    /// # fn join(db: &Database, acme: &mut TenantScope) -> tenantry::Result<()> {
    /// Member::insert(NewMember::new("Ann")).execute(acme)?;
    /// let cookie = db.written()?.to_string();
    /// // In the next request:
    /// let members = Member::query().all(&mut acme.read_after(cookie.parse()?))?;
    /// # drop(members);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// When no connection can be had; when the server is a replica itself.
    pub fn written(&self) -> Result<Written> {
        self.connection(None)?.look(ask_written(), &self.context)
    }

    /// Opens a scope of a tenant that only reads, from a replica if there is one that is fresh enough. It takes a connection when
    /// something is read.
    ///
    /// # Errors
    ///
    /// As [`tenant`](Self::tenant).
    pub fn read_tenant(&self, key: impl ToTenant) -> Result<ReadScope> {
        let key = key.to_tenant();
        let Some(place) = self.known_place(key) else {
            return Ok(self.tenant_now(key)?.read());
        };
        let reading = Reading::new(&self.pool, Served::new(&place), Written::default());
        Ok(ReadScope::new(reading, &self.context, place.apart()))
    }
}

impl<C: Connection> Session for ReadScope<C> {
    type Outcome<'a, T: 'a>
        = C::Outcome<'a, T>
    where
        Self: 'a;

    fn context(&self) -> &Context {
        &self.context
    }

    fn drive<'a, T: 'a>(&'a mut self, flow: Flow<'a, T>) -> Self::Outcome<'a, T> {
        self.connection.drive(flow, &self.context)
    }
}
