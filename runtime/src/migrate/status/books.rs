//! Books that contradict themselves: somebody has changed them by hand, or only a part of them was restored.

use postgres::Client;

use crate::bookkeeping::{LEFT_OUT, explain};
use crate::error::Result;

/// Tells where registry, ledger and schemas contradict each other.
///
/// It looks at each migration of each tenant, so it takes longer the more there are.
pub(crate) fn contradictions(client: &mut Client) -> Result<Vec<String>> {
    let mut found = Vec::new();
    // While a migration is not whole, the ledger has it already.
    let sql = format!(
        "SELECT p.who, p.version, \
         p.version > (SELECT COALESCE(max(position), 0) FROM tenantry.migration), \
         ARRAY(SELECT g.id FROM tenantry.migration AS g WHERE g.position <= p.version AND {has} AND NOT {applied} ORDER BY g.position), \
         ARRAY(SELECT g.id FROM tenantry.migration AS g WHERE g.position > p.version AND p.step = 0 AND {has} AND {applied} ORDER BY g.position) \
         FROM (SELECT 0 AS id, 'the shared schema' AS who, shared_version AS version, shared_step AS step FROM tenantry.meta \
         UNION ALL SELECT id, pg_catalog.format('the tenant `%s`', key), version, step FROM tenantry.tenant \
         WHERE state NOT IN {LEFT_OUT}) AS p ORDER BY p.id",
        has = "CASE WHEN p.id = 0 THEN g.shared_up ELSE g.tenant_up END IS NOT NULL",
        applied = "EXISTS (SELECT FROM tenantry.ledger AS l WHERE l.migration = g.id AND l.tenant_id = p.id)",
    );
    for row in &client.query_typed(&sql, &[]).map_err(explain)? {
        let (who, version): (&str, i32) = (row.try_get(0)?, row.try_get(1)?);
        let (missing, more): (Vec<&str>, Vec<&str>) = (row.try_get(3)?, row.try_get(4)?);
        let why = if row.try_get(2)? {
            "which no recorded migration leads to".to_owned()
        } else if !missing.is_empty() {
            format!("and the ledger lacks `{}`", missing.join("`, `"))
        } else if !more.is_empty() {
            format!(
                "and the ledger has what comes after it: `{}`",
                more.join("`, `")
            )
        } else {
            continue;
        };
        found.push(format!(
            "{who} is at version {version} by the registry, {why}\n\
             help: look at what the schema has; then correct the version in the registry, or `tenantry.ledger`"
        ));
    }
    // Who made a schema stands in its comment.
    let orphans = "SELECT n.nspname::text FROM pg_catalog.pg_namespace AS n \
         CROSS JOIN LATERAL pg_catalog.obj_description(n.oid, 'pg_namespace') AS mark \
         WHERE mark ~ '^tenantry: tenant [0-9]+$' \
         AND NOT EXISTS (SELECT FROM tenantry.tenant AS t WHERE mark = pg_catalog.concat('tenantry: tenant ', t.id)) \
         AND NOT EXISTS (SELECT FROM tenantry.provisioning AS t WHERE mark = pg_catalog.concat('tenantry: tenant ', t.id)) \
         ORDER BY n.nspname";
    for row in &client.query_typed(orphans, &[]).map_err(explain)? {
        found.push(format!(
            "the schema `{}` was made for a tenant that the registry does not have\n\
             help: bring the tenant's row and its rows of the ledger back, or drop the schema",
            row.try_get::<_, &str>(0)?
        ));
    }
    Ok(found)
}
