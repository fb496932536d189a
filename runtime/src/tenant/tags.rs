//! Tags: what the application calls groups of tenants by.

use postgres::Client;

use super::Tenant;
use super::change::changed;
use super::tag::check_tag;
use super::unknown::unknown;
use crate::bookkeeping::{Waits, told};
use crate::error::Result;
use crate::exec::{Flow, Statement, over};
use crate::name::TenantKey;
use crate::value::Param;

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
    over(client, told(tagged(key, (add, remove), &Waits::default())))
}

/// The same as a flow, within limits of waiting.
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
