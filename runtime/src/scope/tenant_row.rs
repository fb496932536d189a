//! The row that the tenant of a scope is.

use super::{ReadScope, Session, TenantScope};
use crate::error::{Error, ErrorKind};
use crate::exec::{Connection, Flow};
use crate::model::{Model, TenantRow};
use crate::place::{Context, TenantPlace};
use crate::query::{Stored, row_of_tenant};

impl<C: Connection> TenantScope<C> {
    /// Returns the tenant's row, of the model whose rows are the tenants: `acme.row::<Account>()`.
    ///
    /// It is found by the tenant's number, and so also after a rename of which this scope does not know.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownTenant`], when the tenant was dropped meanwhile.
    pub fn row<M: TenantRow>(&mut self) -> C::Outcome<'_, Stored<M>> {
        let flow = row(self.context(), self.tenant_place());
        self.drive(flow)
    }
}

impl<C: Connection> ReadScope<C> {
    /// Returns the tenant's row, of the model whose rows are the tenants, as [`TenantScope::row`] does.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownTenant`], when the tenant was dropped meanwhile.
    pub fn row<M: TenantRow>(&mut self) -> <Self as Session>::Outcome<'_, Stored<M>> {
        let flow = row(self.context(), self.place());
        self.drive(flow)
    }
}

fn row<'f, M: TenantRow>(context: &Context, place: &TenantPlace) -> Flow<'f, Stored<M>> {
    let key = place.key.clone();
    row_of_tenant(context, place.id).and_on(move |found| {
        Flow::Done(found.and_then(|row| {
            row.ok_or_else(|| {
                let message = format!(
                    "the tenant has no row in `{}`: it was dropped meanwhile\nhelp: open the tenant again to see what became of it",
                    <M as Model>::TABLE
                );
                Error::new(ErrorKind::UnknownTenant, message).in_tenant(&key)
            })
        }))
    })
}
