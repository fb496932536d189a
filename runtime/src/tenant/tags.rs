//! Tags: what the application calls groups of tenants by.

use super::Tenant;
use super::change::changed;
use super::tag::check_tag;
use super::unknown::unknown;
use crate::bookkeeping::Waits;
use crate::exec::{Flow, Statement};
use crate::name::TenantKey;
use crate::value::Param;

/// Gives a tenant tags and takes others away, within limits of waiting.
pub(crate) fn tagged<'f, S: AsRef<str>>(
    key: &TenantKey,
    (add, remove): (&[S], &[S]),
    waits: &Waits,
) -> Flow<'f, Tenant> {
    let mut all = add.iter().chain(remove);
    if let Err(error) = all.try_for_each(|tag| check_tag(tag.as_ref())) {
        return Flow::Done(Err(error));
    }
    let sql = format!(
        "UPDATE tenantry.tenant SET changed_at = pg_catalog.now(), tags = ARRAY( \
         SELECT DISTINCT u FROM pg_catalog.unnest(tags || $2) AS u WHERE u <> ALL ($3) ORDER BY u) \
         WHERE key = $1 RETURNING {}",
        Tenant::COLUMNS
    );
    let params = vec![
        Param::text(key.as_str()),
        Param::texts(add),
        Param::texts(remove),
    ];
    let key = key.clone();
    changed(&key, Statement::change("tag", sql, params), waits).and_on(move |changed| match changed
    {
        Ok(Some(tenant)) => Flow::Done(Ok(tenant)),
        Ok(None) => unknown(&key),
        Err(error) => Flow::Done(Err(error.in_tenant(&key))),
    })
}
