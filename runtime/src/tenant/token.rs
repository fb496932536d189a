//! Sign-ups that are asked for again.

use postgres::Client;
use postgres::types::Type;

use super::new::NewTenant;
use super::refusal::being_dropped;
use super::{Tenant, TenantState};
use crate::bookkeeping::explain;
use crate::error::Result;

/// Finds the tenant that was made by a creation with the same key and token. It may have another key by now.
///
/// # Errors
///
/// [`ErrorKind::TenantState`](crate::ErrorKind::TenantState), when it is being dropped.
pub(crate) fn made_before(client: &mut Client, new: &NewTenant) -> Result<Option<Tenant>> {
    let Some(token) = new.sign_up() else {
        return Ok(None);
    };
    let sql = format!(
        "SELECT {} FROM tenantry.tenant WHERE token = $1",
        Tenant::COLUMNS
    );
    let row = client
        .query_typed_opt(&sql, &[(&token.as_str(), Type::TEXT)])
        .map_err(explain)?;
    let tenant = row.as_ref().map(Tenant::read).transpose()?;
    match tenant {
        Some(tenant) if tenant.state == TenantState::Dropping => Err(being_dropped(&new.key)),
        tenant => Ok(tenant),
    }
}
