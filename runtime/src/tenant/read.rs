//! Reading the registry.

use postgres::Client;
use postgres::types::{ToSql, Type};

use super::{Tenant, TenantState};
use crate::bookkeeping::explain;
use crate::error::{Error, ErrorKind, Result};
use crate::name::TenantKey;

/// Finds the tenant that an application wants to work in, with one query.
///
/// # Errors
///
/// [`ErrorKind::UnknownTenant`]; [`ErrorKind::TenantState`], when it is anything but active;
/// [`ErrorKind::NotMigrated`], when the database has no registry.
pub fn open(client: &mut Client, key: &TenantKey) -> Result<Tenant> {
    let tenant = get(client, key)?;
    if tenant.state == TenantState::Active {
        return Ok(tenant);
    }
    Err(wrong_state(&tenant))
}

/// Finds a tenant in whatever state.
///
/// # Errors
///
/// [`ErrorKind::UnknownTenant`]; [`ErrorKind::NotMigrated`], when the database has no registry.
pub fn get(client: &mut Client, key: &TenantKey) -> Result<Tenant> {
    find(client, key)?.ok_or_else(|| unknown(key))
}

/// Looks for a tenant in whatever state.
///
/// # Errors
///
/// [`ErrorKind::NotMigrated`], when the database has no registry.
pub fn find(client: &mut Client, key: &TenantKey) -> Result<Option<Tenant>> {
    let sql = format!(
        "SELECT {} FROM tenantry.tenant WHERE key = $1",
        Tenant::COLUMNS
    );
    let row = client
        .query_typed_opt(&sql, &[(&key.as_str(), Type::TEXT)])
        .map_err(explain)?;
    row.as_ref().map(Tenant::read).transpose()
}

/// Which tenants [`list`] gives.
#[derive(Debug, Clone, Default)]
pub struct TenantFilter {
    states: Vec<TenantState>,
    prefix: Option<String>,
    after: Option<TenantKey>,
    limit: Option<i64>,
}

impl TenantFilter {
    /// All tenants. Standbys are none, and are given only when they are asked for by their state.
    pub fn all() -> Self {
        Self::default()
    }

    /// Only tenants in this state, or in one of those that were given before.
    pub fn state(mut self, state: TenantState) -> Self {
        self.states.push(state);
        self
    }

    /// Only tenants whose key begins so.
    pub fn prefix(mut self, prefix: impl Into<String>) -> Self {
        self.prefix = Some(prefix.into());
        self
    }

    /// Only tenants whose key comes after this one: the last of the page before.
    pub fn after(mut self, key: &TenantKey) -> Self {
        self.after = Some(key.clone());
        self
    }

    /// At most so many.
    pub fn limit(mut self, tenants: u32) -> Self {
        self.limit = Some(i64::from(tenants));
        self
    }
}

/// Lists tenants in the order of their keys, byte by byte.
///
/// # Errors
///
/// [`ErrorKind::NotMigrated`], when the database has no registry.
pub fn list(client: &mut Client, filter: &TenantFilter) -> Result<Vec<Tenant>> {
    let states: Vec<&str> = filter.states.iter().map(|state| state.as_str()).collect();
    let states = (!states.is_empty()).then_some(states);
    let after = filter.after.as_ref().map(TenantKey::as_str);
    let sql = format!(
        "SELECT {} FROM tenantry.tenant \
         WHERE CASE WHEN $1::text[] IS NULL THEN state <> 'standby' ELSE state = ANY($1) END \
         AND ($2::text IS NULL OR pg_catalog.starts_with(key, $2)) \
         AND ($3::text IS NULL OR key COLLATE pg_catalog.\"C\" > $3) \
         ORDER BY key COLLATE pg_catalog.\"C\" LIMIT $4",
        Tenant::COLUMNS
    );
    let params: [(&(dyn ToSql + Sync), Type); 4] = [
        (&states, Type::TEXT_ARRAY),
        (&filter.prefix, Type::TEXT),
        (&after, Type::TEXT),
        (&filter.limit, Type::INT8),
    ];
    let rows = client.query_typed(&sql, &params).map_err(explain)?;
    rows.iter().map(Tenant::read).collect()
}

/// The error for a tenant whose state does not allow what is asked for.
pub(super) fn wrong_state(tenant: &Tenant) -> Error {
    let state = tenant.state;
    Error::new(
        ErrorKind::TenantState,
        format!("the tenant is {state}\nhelp: {}", state.help()),
    )
    .in_tenant(&tenant.key)
}

/// The error for a key that the registry does not have.
pub(super) fn unknown(key: &TenantKey) -> Error {
    Error::new(
        ErrorKind::UnknownTenant,
        "there is no such tenant\nhelp: create it first",
    )
    .in_tenant(key)
}
