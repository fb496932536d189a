//! Books that were restored from a copy.
//!
//! The numbers that were given to tenants after the copy was made are not in it, and a number that is given twice would make
//! a row of one tenant one of another. `tenantry.meta` holds its own object identifier, which a restored table has not.

use postgres::GenericClient;

use super::explain;
use crate::error::Result;

/// SQL expression: whether the books, which are `tenantry.meta AS m`, were restored from a copy and nobody has seen to it yet.
pub(crate) const IS_RESTORED: &str =
    "m.relation <> 'tenantry.meta'::pg_catalog.regclass::pg_catalog.oid";

/// More numbers than are given out between a copy and its return.
const NUMBERS: i64 = 1_000_000;

/// Has the next numbers follow all that may have been given out: those in the registry and on schemas, and a million that
/// nothing tells of any more, since their tenants were dropped.
///
/// # Errors
///
/// [`ErrorKind::LockTimeout`](crate::ErrorKind::LockTimeout), when others have the row of `tenantry.meta` for too long.
pub(crate) fn skip_numbers(client: &mut impl GenericClient) -> Result<()> {
    let sql = format!(
        "SET LOCAL lock_timeout = '2s';
         UPDATE tenantry.meta AS m SET relation = 'tenantry.meta'::pg_catalog.regclass::pg_catalog.oid WHERE {IS_RESTORED};
         SELECT pg_catalog.setval('tenantry.tenant_id_seq', {NUMBERS} + greatest(
             (SELECT last_value FROM tenantry.tenant_id_seq), (SELECT max(id) FROM tenantry.tenant),
             (SELECT max(pg_catalog.substring(mark, '^tenantry: tenant ([0-9]{{1,18}})$')::bigint)
              FROM pg_catalog.pg_namespace AS n
              CROSS JOIN LATERAL pg_catalog.obj_description(n.oid, 'pg_namespace') AS mark)))"
    );
    let mut tx = client.transaction()?;
    tx.batch_execute(&sql).map_err(explain)?;
    tx.commit()?;
    tracing::warn!("the books were restored from a copy: the numbers of tenants go on after a gap");
    Ok(())
}
