//! Metadata tables that contradict themselves: somebody has changed them by hand, or only a part of them was restored.

use postgres::Client;

#[cfg(feature = "cli")]
use crate::bookkeeping::facts::STANDBY_PREFIX;
use crate::bookkeeping::{LEFT_OUT, explain};
use crate::error::{Error, ErrorKind, Result};

/// Tells where registry, ledger and schemas contradict each other.
///
/// It looks at each migration of each tenant, so it takes longer the more there are.
#[cfg(feature = "cli")]
pub(crate) fn contradictions(client: &mut Client) -> Result<Vec<String>> {
    let mut found = of_versions(client, ContradictionOf::All)?;
    found.extend(of_states(client)?);
    found.extend(orphans(client)?);
    Ok(found)
}

/// Tells the same where something shows that there is any: the shared schema's version, states, and how many tenants have each
/// migration by the registry and by the ledger.
///
/// So it takes a part of a second for ten thousand tenants. Changes by hand that outweigh each other are told by
/// [`contradictions`] only, and so are schemas that no tenant of the registry has.
#[cfg(feature = "cli")]
pub(crate) fn shown_contradictions(client: &mut Client) -> Result<Vec<String>> {
    if disagree(client)? {
        return contradictions(client);
    }
    let mut found = of_versions(client, ContradictionOf::SharedSchema)?;
    found.extend(of_states(client)?);
    Ok(found)
}

/// Tells whether registry and ledger count different numbers of tenants that have a migration.
#[cfg(feature = "cli")]
fn disagree(client: &mut Client) -> Result<bool> {
    // A tenant that is half-way through a migration is in the ledger with it.
    let sql = "WITH registry AS MATERIALIZED (SELECT version, step > 0 AS is_inside, count(*) AS tenants FROM tenantry.tenant GROUP BY 1, 2), \
         ledger AS MATERIALIZED (SELECT migration, count(*) AS tenants FROM tenantry.ledger WHERE tenant_id > 0 GROUP BY migration) \
         SELECT EXISTS (SELECT FROM tenantry.migration AS g WHERE g.tenant_up IS NOT NULL \
         AND COALESCE((SELECT l.tenants FROM ledger AS l WHERE l.migration = g.id), 0) \
         <> (SELECT COALESCE(sum(r.tenants), 0) FROM registry AS r WHERE r.version >= g.position OR r.is_inside AND g.position \
         = (SELECT min(n.position) FROM tenantry.migration AS n WHERE n.tenant_up IS NOT NULL AND n.position > r.version))) \
         OR EXISTS (SELECT FROM registry AS r WHERE r.version > (SELECT COALESCE(max(position), 0) FROM tenantry.migration) \
         OR r.is_inside AND NOT EXISTS (SELECT FROM tenantry.migration AS n WHERE n.tenant_up IS NOT NULL AND n.position > r.version))";
    let row = client.query_typed_one(sql, &[]).map_err(explain)?;
    Ok(row.try_get(0)?)
}

/// Tells of tenants in the state of standbys, and of standbys in that of tenants.
#[cfg(feature = "cli")]
fn of_states(client: &mut Client) -> Result<Vec<String>> {
    let sql = format!(
        "SELECT tenant.key, tenant.state FROM tenantry.tenant WHERE (tenant.state = 'standby') <> (tenant.key LIKE '{STANDBY_PREFIX}%') \
         AND tenant.state NOT IN {LEFT_OUT} ORDER BY tenant.id"
    );
    let rows = client.query_typed(&sql, &[]).map_err(explain)?;
    let told = rows.iter().map(|row| {
        let (key, state): (&str, &str) = (row.try_get(0)?, row.try_get(1)?);
        Ok(match state {
            "standby" => format!(
                "the tenant `{key}` is in the state of a standby, and is none by its key\n\
                 help: correct `state` in `tenantry.tenant`: most likely it was `active`"
            ),
            _ => format!(
                "`{key}` is a standby by its key, and in the state `{state}`\n\
                 help: correct `state` in `tenantry.tenant`, or drop it"
            ),
        })
    });
    told.collect()
}

/// The schemas whose versions are compared.
#[derive(Clone, Copy)]
enum ContradictionOf {
    All,
    #[cfg(feature = "cli")]
    SharedSchema,
}

/// Tells where the versions in the registry are not what the ledger says.
fn of_versions(client: &mut Client, of: ContradictionOf) -> Result<Vec<String>> {
    let mut found = Vec::new();
    let tenants = match of {
        ContradictionOf::All => format!("state NOT IN {LEFT_OUT}"),
        #[cfg(feature = "cli")]
        ContradictionOf::SharedSchema => "false".to_owned(),
    };
    // While a migration is not whole, the ledger has it already.
    let sql = format!(
        "SELECT p.who, p.version, \
         p.version > (SELECT COALESCE(max(position), 0) FROM tenantry.migration), \
         ARRAY(SELECT g.id FROM tenantry.migration AS g WHERE g.position <= p.version AND {has} AND NOT {applied} ORDER BY g.position), \
         ARRAY(SELECT g.id FROM tenantry.migration AS g WHERE g.position > p.version AND p.step = 0 AND {has} AND {applied} ORDER BY g.position), \
         p.step > 0 AND (SELECT {applied} FROM tenantry.migration AS g WHERE g.position > p.version AND {has} ORDER BY g.position LIMIT 1) \
             IS NOT TRUE \
         FROM (SELECT 0 AS id, 'the shared schema' AS who, shared_version AS version, shared_step AS step FROM tenantry.meta \
         UNION ALL SELECT id, pg_catalog.format('the tenant `%s`', key), version, step FROM tenantry.tenant \
         WHERE {tenants}) AS p ORDER BY p.id",
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
        } else if row.try_get(5)? {
            "and half-way through the next migration, of which the ledger has nothing".to_owned()
        } else {
            continue;
        };
        found.push(format!(
            "{who} is at version {version} by the registry, {why}\n\
             help: look at what the schema has; then correct the version and the step in the registry, or `tenantry.ledger`"
        ));
    }
    Ok(found)
}

/// Refuses metadata tables by which a rollback would leave something as it is, although it was applied.
///
/// # Errors
///
/// [`ErrorKind::DamagedMetadata`], with the first contradiction.
pub(crate) fn refuse_contradictions(client: &mut Client) -> Result<()> {
    match of_versions(client, ContradictionOf::All)?.first() {
        None => Ok(()),
        Some(what) => Err(Error::new(
            ErrorKind::DamagedMetadata,
            format!("nothing was rolled back: {what}"),
        )),
    }
}

/// Tells of schemas that were made for tenants which the registry does not have: who made a schema stands in its comment.
#[cfg(feature = "cli")]
fn orphans(client: &mut Client) -> Result<Vec<String>> {
    let mut found = Vec::new();
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
