//! Books that were restored from a copy, and a sequence that was set back.
//!
//! The numbers that were given to tenants after the copy was made are not in it, and a number that is given twice would make
//! a row of one tenant one of another. `tenantry.meta` holds its own object identifier, which a restored table has not. A number
//! is drawn after what its statement sees was entered, so it is greater than all of these, unless the sequence was set back.

use postgres::GenericClient;

use super::explain;
use crate::error::Result;

/// SQL expression: whether the books, which are `tenantry.meta AS m`, were restored from a copy and nobody has seen to it yet.
pub(crate) const IS_RESTORED: &str =
    "m.relation <> 'tenantry.meta'::pg_catalog.regclass::pg_catalog.oid";

/// SQL expression: whether they were restored, and nobody has compared them with the schemas yet.
pub(crate) const IS_NOT_COMPARED: &str =
    "m.compared <> 'tenantry.meta'::pg_catalog.regclass::pg_catalog.oid";

/// SQL expression: whether the number that was just drawn, which is `drawn.id`, is not greater than all that were given before.
///
/// Rows that were put back into the same tables do not know of newer tenants, but the schemas of these carry their numbers. They
/// are the newest, so to look at a few is enough, and takes as long with ten thousand tenants as with ten.
pub(crate) const IS_SET_BACK: &str = "\
    (EXISTS (SELECT FROM tenantry.tenant AS t WHERE t.id >= drawn.id) \
     OR EXISTS (SELECT FROM tenantry.provisioning AS t WHERE t.id >= drawn.id) \
     OR EXISTS (SELECT FROM (SELECT oid FROM pg_catalog.pg_namespace ORDER BY oid DESC LIMIT 32) AS n \
     WHERE pg_catalog.substring(pg_catalog.obj_description(n.oid, 'pg_namespace'), \
     '^tenantry: tenant ([0-9]{1,18})$')::bigint >= drawn.id))";

/// Notes that the schemas are what the books say of them.
pub(crate) fn note_compared(client: &mut impl GenericClient) -> Result<()> {
    let sql = format!(
        "UPDATE tenantry.meta AS m SET compared = 'tenantry.meta'::pg_catalog.regclass::pg_catalog.oid WHERE {IS_NOT_COMPARED}"
    );
    client.execute_typed(&sql, &[]).map_err(explain)?;
    Ok(())
}

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
         SELECT FROM tenantry.meta WHERE one = 1 FOR UPDATE;
         UPDATE tenantry.meta AS m SET relation = 'tenantry.meta'::pg_catalog.regclass::pg_catalog.oid WHERE {IS_RESTORED};
         SELECT pg_catalog.setval('tenantry.tenant_id_seq', {NUMBERS} + greatest(
             (SELECT last_value FROM tenantry.tenant_id_seq), (SELECT max(id) FROM tenantry.tenant),
             (SELECT max(id) FROM tenantry.provisioning),
             (SELECT max(pg_catalog.substring(mark, '^tenantry: tenant ([0-9]{{1,18}})$')::bigint)
              FROM pg_catalog.pg_namespace AS n
              CROSS JOIN LATERAL pg_catalog.obj_description(n.oid, 'pg_namespace') AS mark)))"
    );
    let mut tx = client.transaction()?;
    tx.batch_execute(&sql).map_err(explain)?;
    tx.commit()?;
    tracing::warn!(
        "the books were restored from a copy, or a sequence was set back: the numbers of tenants go on after a gap"
    );
    Ok(())
}
