//! Changes of a tenant's row alone.

use postgres::types::{ToSql, Type};
use postgres::{Client, Row};

use super::holder::{Needs, name_holder};
use super::read::get;
use super::refusal::{committing, taken};
use super::unknown::{unknown, wrong_state};
use super::{Tenant, TenantState};
use crate::bookkeeping::{Waits, check_whole, explain, explaining};
use crate::error::{ErrorKind, Result};
use crate::exec::error_of;
use crate::name::TenantKey;

/// Locks a tenant out.
///
/// # Errors
///
/// As [`Tenants::suspend`](crate::scope::Tenants::suspend).
pub fn suspend(client: &mut Client, key: &TenantKey) -> Result<Tenant> {
    explaining(client, |client| {
        suspend_within(client, key, &Waits::default())
    })
}

/// The same within limits of waiting.
pub(crate) fn suspend_within(
    client: &mut Client,
    key: &TenantKey,
    waits: &Waits,
) -> Result<Tenant> {
    let states = (TenantState::Active, TenantState::Suspended);
    change(client, key, states, waits)
}

/// Lets a suspended tenant in again.
///
/// # Errors
///
/// As [`Tenants::resume`](crate::scope::Tenants::resume).
pub fn resume(client: &mut Client, key: &TenantKey) -> Result<Tenant> {
    explaining(client, |client| {
        resume_within(client, key, &Waits::default())
    })
}

/// The same within limits of waiting.
pub(crate) fn resume_within(client: &mut Client, key: &TenantKey, waits: &Waits) -> Result<Tenant> {
    let states = (TenantState::Suspended, TenantState::Active);
    change(client, key, states, waits)
}

/// Gives a tenant another key.
///
/// # Errors
///
/// As [`Tenants::rename`](crate::scope::Tenants::rename).
pub fn rename_key(client: &mut Client, key: &TenantKey, to: &TenantKey) -> Result<Tenant> {
    explaining(client, |client| {
        rename_within(client, key, to, &Waits::default())
    })
}

/// The same within limits of waiting.
pub(crate) fn rename_within(
    client: &mut Client,
    key: &TenantKey,
    to: &TenantKey,
    waits: &Waits,
) -> Result<Tenant> {
    super::standby_key::check_key(to)?;
    let sql = format!(
        "UPDATE tenantry.tenant SET key = $2, epoch = epoch + 1, changed_at = pg_catalog.now() \
         WHERE key = $1 AND state NOT IN ('dropping', 'standby') RETURNING {}",
        Tenant::COLUMNS
    );
    let params: [(&(dyn ToSql + Sync), Type); 2] =
        [(&key.as_str(), Type::TEXT), (&to.as_str(), Type::TEXT)];
    let row = changed(client, key, (&sql, &params), waits);
    let row = row.map_err(|error| {
        if error.kind() == ErrorKind::Unique {
            taken(client, to)
        } else {
            error.in_tenant(key)
        }
    })?;
    match row {
        Some(row) => Tenant::read(&row),
        None => Err(wrong_state(&get(client, key)?)),
    }
}

fn change(
    client: &mut Client,
    key: &TenantKey,
    (from, to): (TenantState, TenantState),
    waits: &Waits,
) -> Result<Tenant> {
    let sql = format!(
        "UPDATE tenantry.tenant SET state = $3, \
         epoch = epoch + (state = $2)::int, \
         changed_at = CASE WHEN state = $2 THEN pg_catalog.now() ELSE changed_at END \
         WHERE key = $1 AND state IN ($2, $3) RETURNING {}",
        Tenant::COLUMNS
    );
    let params: [(&(dyn ToSql + Sync), Type); 3] = [
        (&key.as_str(), Type::TEXT),
        (&from.as_str(), Type::TEXT),
        (&to.as_str(), Type::TEXT),
    ];
    let row = changed(client, key, (&sql, &params), waits).map_err(|error| error.in_tenant(key))?;
    match row {
        Some(row) => Tenant::read(&row),
        None => Err(match super::find(client, key)? {
            Some(tenant) => wrong_state(&tenant),
            None => error_of(client, unknown(key)),
        }),
    }
}

/// Runs a statement that changes the tenant's row of the registry, in a transaction of its own.
pub(super) fn changed(
    client: &mut Client,
    key: &TenantKey,
    (sql, params): (&str, &[(&(dyn ToSql + Sync), Type)]),
    waits: &Waits,
) -> Result<Option<Row>> {
    let changed = waits.attempt(|attempt| {
        let mut tx = client.transaction()?;
        check_whole(&mut tx, &attempt.lock_timeout(), Some(key))?;
        let row = tx.query_typed_opt(sql, params).map_err(explain)?;
        tx.commit().map_err(committing)?;
        Ok(row)
    });
    changed.map_err(|error| name_holder(client, error, Needs::Change))
}
