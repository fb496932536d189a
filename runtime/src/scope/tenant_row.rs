//! The row that the tenant of a scope is.

use super::{ReadScope, Session, TenantScope};
use crate::error::{Error, ErrorKind};
use crate::exec::{Connection, Flow, Statement};
use crate::model::{Model, TenantRow};
use crate::place::{Context, TenantPlace};
use crate::query::{Stored, row_of_tenant};
use crate::value::Param;

impl<C: Connection> TenantScope<C> {
    /// Returns the tenant's row, of the model whose rows are the tenants: `acme.row::<Account>()`.
    ///
    /// It is found by the tenant's number, and so also after a rename of which this scope does not know.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::UnknownTenant`], when the tenant was dropped meanwhile; [`ErrorKind::TenantRow`], when it has no row yet, as tenants
    /// from before have none until the migration of phase `contract` gives them theirs.
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
    /// [`ErrorKind::UnknownTenant`], when the tenant was dropped meanwhile; [`ErrorKind::TenantRow`], when it has no row yet, as tenants
    /// from before have none until the migration of phase `contract` gives them theirs.
    pub fn row<M: TenantRow>(&mut self) -> <Self as Session>::Outcome<'_, Stored<M>> {
        let flow = row(self.context(), self.place());
        self.drive(flow)
    }
}

fn row<'f, M: TenantRow>(context: &Context, place: &TenantPlace) -> Flow<'f, Stored<M>> {
    let (key, id) = (place.key.clone(), place.id);
    row_of_tenant(context, id)
        .and_on(move |found| match found {
            Ok(Some(row)) => Flow::Done(Ok(row)),
            Ok(None) => is_there(id).and_on(move |there| {
                Flow::Done(there.and_then(|there| Err(lacking(<M as Model>::TABLE, there))))
            }),
            Err(error) => Flow::Done(Err(error)),
        })
        .and_on(move |row| Flow::Done(row.map_err(|error: Error| error.in_tenant(&key))))
}

fn is_there<'f>(id: i64) -> Flow<'f, bool> {
    let sql = "SELECT FROM tenantry.tenant WHERE id = $1 AND state IN ('active', 'suspended')";
    let look = Statement::look("tenant", sql, vec![Param::bigint(id)]);
    Flow::run(Ok(look), |answer| Ok(!answer.rows().is_empty()))
}

/// Tells why there is no row.
fn lacking(table: &str, is_there: bool) -> Error {
    if is_there {
        let message = format!(
            "the tenant has no row in `{table}` yet\nhelp: apply the migration of phase `contract`, which gives one to each tenant; until \
             then read the row by a query that may find none: `Account::find(key).optional(&mut scope)` for a model `Account`"
        );
        return Error::new(ErrorKind::TenantRow, message);
    }
    let message = format!(
        "the tenant has no row in `{table}`: it was dropped meanwhile\nhelp: open the tenant again to see what became of it"
    );
    Error::new(ErrorKind::UnknownTenant, message)
}
