//! Changes of a tenant's row alone.

use postgres::Client;
use postgres::error::SqlState;
use postgres::types::Type;

use super::read::{get, unknown, wrong_state};
use super::{Tenant, TenantState};
use crate::bookkeeping::explain;
use crate::error::{Error, ErrorKind, Result};
use crate::name::TenantKey;

/// Locks a tenant out. Its data stays, and it is migrated like the others. Suspending twice is no error.
///
/// # Errors
///
/// [`ErrorKind::UnknownTenant`]; [`ErrorKind::TenantState`], when it is neither active nor suspended.
pub fn suspend(client: &mut Client, key: &TenantKey) -> Result<Tenant> {
    change(client, key, TenantState::Active, TenantState::Suspended)
}

/// Lets a suspended tenant in again. Resuming an active one is no error.
///
/// # Errors
///
/// [`ErrorKind::UnknownTenant`]; [`ErrorKind::TenantState`], when it is neither active nor suspended.
pub fn resume(client: &mut Client, key: &TenantKey) -> Result<Tenant> {
    change(client, key, TenantState::Suspended, TenantState::Active)
}

/// Gives a tenant another key. Its schema keeps its name.
///
/// # Errors
///
/// [`ErrorKind::UnknownTenant`]; [`ErrorKind::TenantExists`], when another tenant has the key, or one that differs only
/// in case; [`ErrorKind::Name`], when it is that of a standby; [`ErrorKind::TenantState`], when the tenant is being dropped
/// or is a standby.
pub fn rename_key(client: &mut Client, key: &TenantKey, to: &TenantKey) -> Result<Tenant> {
    super::standby::check_key(to)?;
    let sql = format!(
        "UPDATE tenantry.tenant SET key = $2, epoch = epoch + 1, changed_at = pg_catalog.now() \
         WHERE key = $1 AND state NOT IN ('dropping', 'standby') RETURNING {}",
        Tenant::COLUMNS
    );
    let row = client
        .query_typed_opt(
            &sql,
            &[(&key.as_str(), Type::TEXT), (&to.as_str(), Type::TEXT)],
        )
        .map_err(|error| {
            if error.code() == Some(&SqlState::UNIQUE_VIOLATION) {
                taken(to)
            } else {
                explain(error)
            }
        })?;
    match row {
        Some(row) => Tenant::read(&row),
        None => Err(wrong_state(&get(client, key)?)),
    }
}

/// The error for a key that a tenant has already.
pub(super) fn taken(key: &TenantKey) -> Error {
    Error::new(
        ErrorKind::TenantExists,
        "there is a tenant with this key, or one that differs only in case\nhelp: choose another key",
    )
    .in_tenant(key)
}

fn change(
    client: &mut Client,
    key: &TenantKey,
    from: TenantState,
    to: TenantState,
) -> Result<Tenant> {
    let sql = format!(
        "UPDATE tenantry.tenant SET state = $3, \
         epoch = epoch + (state = $2)::int, \
         changed_at = CASE WHEN state = $2 THEN pg_catalog.now() ELSE changed_at END \
         WHERE key = $1 AND state IN ($2, $3) RETURNING {}",
        Tenant::COLUMNS
    );
    let row = client
        .query_typed_opt(
            &sql,
            &[
                (&key.as_str(), Type::TEXT),
                (&from.as_str(), Type::TEXT),
                (&to.as_str(), Type::TEXT),
            ],
        )
        .map_err(explain)?;
    match row {
        Some(row) => Tenant::read(&row),
        None => Err(match super::find(client, key)? {
            Some(tenant) => wrong_state(&tenant),
            None => unknown(key),
        }),
    }
}
