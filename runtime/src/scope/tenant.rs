//! The scope of one tenant.

use super::{Session, SharedScope};
use crate::exec::{Connection, Flow, Pooled};
use crate::model::{Model, TenantSchema};
use crate::name::{SchemaName, TenantKey};
use crate::place::{Context, TenantPlace};
use crate::query::Columns;

/// A scope with one tenant selected: it reads and writes the tenant's models, and reads shared ones.
///
/// It can't be cloned and owns its connection, so the tenant is decided once per unit of work.
#[derive(Debug)]
pub struct TenantScope<C = Pooled> {
    // Dropped first, so that the connection need not make another log of its transactions for whoever is next.
    pub(super) context: Context,
    pub(crate) connection: C,
}

impl<C: Connection> TenantScope<C> {
    /// Makes the scope of a tenant, in the database of a context.
    pub(crate) fn new(mut connection: C, database: &Context, tenant: TenantPlace) -> Self {
        let context = database.opened(Some(tenant), connection.transactions().log());
        Self {
            context,
            connection,
        }
    }

    /// The tenant's key.
    pub fn key(&self) -> &TenantKey {
        &self.tenant_place().key
    }

    /// The tenant's schema.
    pub fn schema(&self) -> &SchemaName {
        &self.tenant_place().schema
    }

    /// Tells whether the tenant's tables have a column, or all of several, by what is known of its version. It is so of all columns but those of
    /// fields with [`since` or `until`](macro@crate::tenant_model#columns-that-not-all-tenants-have).
    ///
    /// ```no_run
    /// use tenantry::prelude::*;
    ///
    /// #[tenant_model]
    /// pub struct Note {
    ///     #[field(key)]
    ///     pub id: i64,
    ///     pub text: String,
    ///     #[field(since = "0007_colors", default = "none")]
    ///     pub color: String,
    /// }
    ///
    /// # fn main() {}
    /// # fn add(acme: &mut TenantScope, text: &str, color: &str) -> tenantry::Result<()> {
    /// let mut note = NewNote::new(text);
    /// if acme.has(Note::COLOR) {
    ///     note = note.color(color);
    /// }
    /// Note::insert(note).execute(acme)
    /// # }
    /// ```
    pub fn has<M: Model<Placement = TenantSchema>>(&self, columns: impl Columns<M>) -> bool {
        let version = self.context.version();
        version.is_none_or(|version| columns.defs().iter().all(|def| def.is_in(version)))
    }

    /// A scope that writes shared rows, which all tenants see, over the same connection and in the same transaction.
    pub fn shared_mut(&mut self) -> SharedScope<&mut C> {
        SharedScope {
            context: self.context.without_tenant(),
            connection: &mut self.connection,
        }
    }

    pub(crate) fn tenant_place(&self) -> &TenantPlace {
        self.context
            .tenant()
            .expect("a tenant scope is made with a tenant")
    }
}

impl<C: Connection> Session for TenantScope<C> {
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
