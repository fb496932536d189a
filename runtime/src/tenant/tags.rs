//! Tags: what the application calls groups of tenants by.

use postgres::Client;
use postgres::types::{ToSql, Type};

use super::Tenant;
use super::change::changed;
use super::tag::check_tag;
use super::unknown::unknown;
use crate::bookkeeping::{Waits, explaining};
use crate::error::Result;
use crate::exec::error_of;
use crate::name::TenantKey;

/// Gives a tenant tags and takes others away; what it has, or lacks, already is no error.
///
/// # Errors
///
/// As [`Tenants::tag`](crate::scope::Tenants::tag).
pub fn tag<S: AsRef<str>>(
    client: &mut Client,
    key: &TenantKey,
    add: &[S],
    remove: &[S],
) -> Result<Tenant> {
    explaining(client, |client| {
        tag_within(client, key, (add, remove), &Waits::default())
    })
}

/// The same within limits of waiting.
pub(crate) fn tag_within<S: AsRef<str>>(
    client: &mut Client,
    key: &TenantKey,
    (add, remove): (&[S], &[S]),
    waits: &Waits,
) -> Result<Tenant> {
    let add: Vec<&str> = add.iter().map(AsRef::as_ref).collect();
    let remove: Vec<&str> = remove.iter().map(AsRef::as_ref).collect();
    add.iter()
        .chain(&remove)
        .try_for_each(|tag| check_tag(tag))?;
    let sql = format!(
        "UPDATE tenantry.tenant SET changed_at = pg_catalog.now(), tags = ARRAY( \
         SELECT DISTINCT u FROM pg_catalog.unnest(tags || $2) AS u WHERE u <> ALL ($3) ORDER BY u) \
         WHERE key = $1 RETURNING {}",
        Tenant::COLUMNS
    );
    let params: [(&(dyn ToSql + Sync), Type); 3] = [
        (&key.as_str(), Type::TEXT),
        (&add, Type::TEXT_ARRAY),
        (&remove, Type::TEXT_ARRAY),
    ];
    let row = changed(client, key, (&sql, &params), waits).map_err(|error| error.in_tenant(key))?;
    row.as_ref()
        .map_or_else(|| Err(error_of(client, unknown(key))), Tenant::read)
}
