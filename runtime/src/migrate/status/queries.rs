//! The queries that tell where the tenants are: one that counts them all, one that gives a few of each kind, and one
//! that gives all.

use std::time::{Duration, SystemTime};

use postgres::types::Type;
use postgres::{Client, Row};

use super::tenant::{BatchStatus, Sample, TenantStatus};
use crate::bookkeeping::facts::failed_within;
use crate::bookkeeping::{LEFT_OUT, explain};
use crate::error::Result;
use crate::name::{SchemaName, TenantKey};
use crate::tenant::TenantState;

/// The tenants of a version and a state.
#[derive(Debug, Clone)]
pub(crate) struct Count {
    pub(crate) state: TenantState,
    pub(crate) version: i32,
    pub(crate) tenants: usize,
    pub(crate) failed: usize,
    pub(crate) half_way: usize,
    pub(crate) missing: usize,
    /// When the next part for tenants was recorded.
    pub(crate) behind_since: Option<SystemTime>,
}

/// The first tenants of each kind that is worth a look.
#[derive(Debug, Default)]
pub(crate) struct Samples {
    pub(crate) behind: Vec<TenantStatus>,
    pub(crate) failed: Vec<TenantStatus>,
    pub(crate) half_way: Vec<TenantStatus>,
    pub(crate) left_out: Vec<TenantStatus>,
    pub(crate) missing: Vec<TenantStatus>,
}

/// The schema `n` of the tenant `t`, if it is there.
const SCHEMA: &str = "tenantry.tenant AS t \
     LEFT JOIN pg_catalog.pg_namespace AS n ON n.nspname = t.schema_name::pg_catalog.name";

fn is_missing() -> String {
    format!("(n.oid IS NULL AND t.state NOT IN {LEFT_OUT})")
}

/// Counts the tenants by state and version. `last` is the position of the last part for tenants.
pub(crate) fn counts(client: &mut Client, last: i32) -> Result<Vec<Count>> {
    let (missing, failed) = (is_missing(), failed_within("$1"));
    let sql = format!(
        "SELECT c.state, c.version, c.tenants, c.failed, c.half_way, c.missing, \
         (SELECT EXTRACT(epoch FROM g.recorded_at)::double precision FROM tenantry.migration AS g \
          WHERE g.position > c.version AND g.tenant_up IS NOT NULL ORDER BY g.position LIMIT 1) \
         FROM (SELECT t.state, t.version, count(*) AS tenants, count(*) FILTER (WHERE {failed}) AS failed, \
             count(*) FILTER (WHERE t.step > 0) AS half_way, count(*) FILTER (WHERE {missing}) AS missing \
             FROM {SCHEMA} GROUP BY t.state, t.version) AS c"
    );
    let rows = client
        .query_typed(&sql, &[(&last, Type::INT4)])
        .map_err(explain)?;
    rows.iter()
        .map(|row| {
            Ok(Count {
                state: row.try_get::<_, &str>(0)?.parse()?,
                version: row.try_get(1)?,
                tenants: size(row, 2)?,
                failed: size(row, 3)?,
                half_way: size(row, 4)?,
                missing: size(row, 5)?,
                behind_since: time(row, 6)?,
            })
        })
        .collect()
}

/// Reads the first tenants of each kind. `last_on_disk` is where the chain leads, and `last` is where any tenant is.
pub(crate) fn samples(client: &mut Client, last: i32, last_on_disk: i32) -> Result<Samples> {
    let (missing, failed) = (is_missing(), failed_within("$1"));
    let migrated = format!("t.state NOT IN {LEFT_OUT}");
    let behind = format!("t.version < $2 AND {migrated} AND t.state <> 'standby'");
    let out = format!("t.state IN {LEFT_OUT}");
    let lists: [(i32, &str, &str); 5] = [
        (0, &behind, "t.version"),
        (1, &failed, "0"),
        (2, "t.step > 0", "0"),
        (3, &out, "0"),
        (4, &missing, "0"),
    ];
    let lists = lists.map(|(kind, condition, first_by)| {
        format!(
            "(SELECT {}, {kind}, {first_by} AS first_by, t.id FROM {SCHEMA} WHERE {condition} \
             ORDER BY first_by, t.id LIMIT {})",
            columns(),
            Sample::LISTED
        )
    });
    let sql = format!("{} ORDER BY 10, 11, 12", lists.join(" UNION ALL "));
    let params = [(&last as _, Type::INT4), (&last_on_disk as _, Type::INT4)];
    let rows = client.query_typed(&sql, &params).map_err(explain)?;
    let mut samples = Samples::default();
    for row in &rows {
        let kind = match row.try_get::<_, i32>(9)? {
            0 => &mut samples.behind,
            1 => &mut samples.failed,
            2 => &mut samples.half_way,
            3 => &mut samples.left_out,
            _ => &mut samples.missing,
        };
        kind.push(tenant(row)?);
    }
    Ok(samples)
}

/// Reads where all tenants are, in the order in which they were created.
pub(crate) fn tenants(client: &mut Client, last: i32) -> Result<Vec<TenantStatus>> {
    let sql = format!("SELECT {} FROM {SCHEMA} ORDER BY t.id", columns());
    let rows = client
        .query_typed(&sql, &[(&last, Type::INT4)])
        .map_err(explain)?;
    rows.iter().map(tenant).collect()
}

/// The columns that [`tenant`] expects first in a row.
fn columns() -> String {
    let failed = failed_within("$1");
    format!(
        "t.key, t.schema_name, t.state, t.version, t.step, {}, CASE WHEN {failed} THEN t.last_error END, \
         CASE WHEN {failed} THEN EXTRACT(epoch FROM t.failed_at)::double precision END, \
         CASE WHEN t.step > 0 THEN (SELECT l.batch::text FROM tenantry.migration AS g JOIN tenantry.ledger AS l \
         ON l.migration = g.id AND l.tenant_id = t.id WHERE g.position > t.version AND l.batch ->> 'step' = t.step::text \
         LIMIT 1) END",
        is_missing()
    )
}

fn tenant(row: &Row) -> Result<TenantStatus> {
    Ok(TenantStatus {
        key: TenantKey::new(row.try_get::<_, &str>(0)?)?,
        schema: SchemaName::new(row.try_get::<_, &str>(1)?)?,
        state: row.try_get::<_, &str>(2)?.parse()?,
        position: row.try_get(3)?,
        step: row.try_get(4)?,
        is_missing: row.try_get(5)?,
        error: row.try_get(6)?,
        failed_at: time(row, 7)?,
        batch: batch(row, 8)?,
    })
}

fn size(row: &Row, at: usize) -> Result<usize> {
    Ok(usize::try_from(row.try_get::<_, i64>(at)?).unwrap_or_default())
}

/// How far a statement in batches is, as the ledger has it. What is no such note is for whoever goes on with it.
fn batch(row: &Row, at: usize) -> Result<Option<BatchStatus>> {
    let text: Option<&str> = row.try_get(at)?;
    Ok(text.and_then(|text| serde_json::from_str(text).ok()))
}

/// A time that the server tells in seconds since the beginning of 1970.
fn time(row: &Row, at: usize) -> Result<Option<SystemTime>> {
    let seconds: Option<f64> = row.try_get(at)?;
    let since = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    Ok(since.map(|since| SystemTime::UNIX_EPOCH + since))
}
