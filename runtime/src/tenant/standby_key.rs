//! The keys of standbys, and of tenants that are put aside to be dropped. No tenant's key is like them.

use crate::bookkeeping::facts::STANDBY_PREFIX;
use crate::error::{Error, ErrorKind, Result};
use crate::name::TenantKey;

/// Returns the key of a standby, or of a tenant that is put aside.
pub(super) fn standby_key(id: i64) -> Result<TenantKey> {
    Ok(TenantKey::new(format!("{STANDBY_PREFIX}{id}"))?)
}

/// Refuses a key that is kept for standbys.
pub(super) fn check_key(key: &TenantKey) -> Result<()> {
    if !key
        .as_str()
        .to_ascii_lowercase()
        .starts_with(STANDBY_PREFIX)
    {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::Name,
        format!("keys that begin with `{STANDBY_PREFIX}` are those of standbys\nhelp: choose another key"),
    )
    .in_tenant(key))
}
