//! Metadata tables, databases and servers that were brought back from a copy, and a sequence that was set back.
//!
//! The numbers that were given to tenants after the copy was made are not in it, and a number that is given twice would make
//! a row of one tenant one of another. A number is drawn after what its statement sees was entered, so it is greater than all of
//! these, unless the sequence was set back. What else may have happened is known by what a copy has not:
//!
//! | brought back | known by |
//! |---|---|
//! | the schema `tenantry`, or the database, from a dump | the object identifier of `tenantry.meta` |
//! | the database, as a copy of itself under its name | the object identifier of the database |
//! | the cluster: a base backup, a snapshot, a standby that was promoted | when the server was started |
//!
//! A cluster that comes back was started after all that is lost, and has no other mark for certain: the system identifier is the
//! same, and so is the timeline after a snapshot, which comes back as from a crash. So numbers are skipped after each start.

use postgres::GenericClient;

use super::explain;
use crate::error::Result;

macro_rules! relation {
    () => {
        "'tenantry.meta'::pg_catalog.regclass::pg_catalog.oid"
    };
}

macro_rules! server_start {
    () => {
        "pg_catalog.pg_postmaster_start_time()"
    };
}

macro_rules! database {
    () => {
        "(SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = pg_catalog.current_database())"
    };
}

/// SQL expression: the table `tenantry.meta` itself.
pub(super) const RELATION: &str = relation!();

/// SQL expression: when the server was started. Everybody may ask that.
pub(super) const SERVER_START: &str = server_start!();

/// SQL expression: this database.
pub(super) const DATABASE: &str = database!();

/// SQL expression over `tenantry.meta AS m`: a text that no other database under the same name has, nor other metadata tables in it. What
/// the metadata tables themselves count begins anew with them.
pub(crate) const WHICH: &str = concat!(
    "pg_catalog.concat(",
    database!(),
    ", ' ', (EXTRACT(epoch FROM m.created_at) * 1000000)::bigint)"
);

/// SQL that has copies of a database be new databases, in which numbers begin anew, and not the same one brought back.
#[cfg(feature = "testing")]
pub(crate) const AS_TEMPLATE: &str = "\
    DO $$ BEGIN IF pg_catalog.to_regclass('tenantry.meta') IS NOT NULL THEN \
    UPDATE tenantry.meta SET database = 0; END IF; END $$";

/// SQL expression: whether the metadata tables, which are `tenantry.meta AS m`, may be a copy from an earlier time, and nobody has seen to
/// the numbers yet.
pub(crate) const IS_RESTORED: &str = concat!(
    "(m.relation <> ",
    relation!(),
    " OR m.server_start IS DISTINCT FROM ",
    server_start!(),
    " OR (m.database = 0 OR m.database = ",
    database!(),
    ") IS NOT TRUE)"
);

/// SQL expression: whether `meta` is another table than the one that was compared with the schemas.
pub(crate) const IS_NOT_COMPARED: &str = concat!("m.compared <> ", relation!());

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

/// Notes that the schemas are what the metadata tables say of them.
pub(crate) fn note_compared(client: &mut impl GenericClient) -> Result<()> {
    let sql =
        format!("UPDATE tenantry.meta AS m SET compared = {RELATION} WHERE {IS_NOT_COMPARED}");
    client.execute_typed(&sql, &[]).map_err(explain)?;
    Ok(())
}

/// Those who skip numbers take turns, so that one of them does it. Any number does, as long as it stays.
const LOCK: i64 = 0x7465_6e61_6e74_7278;

/// Has the next numbers follow all that may have been given out: those in the registry and on schemas, and those that nothing tells
/// of any more. Does nothing if another process has seen to it meanwhile.
///
/// They go on with the milliseconds of the clock. A gap of some width would not do, for what is lost may have begun with
/// a gap like it, after another start or when the same copy was brought back before; while nobody creates a thousand tenants in each
/// second, so what is lost ended with less than the time of its end. Where the clock is behind, the gap has a random width.
///
/// # Errors
///
/// [`ErrorKind::LockTimeout`](crate::ErrorKind::LockTimeout), when others have the row of `tenantry.meta` for too long.
pub(crate) fn skip_numbers(client: &mut impl GenericClient) -> Result<()> {
    let begin =
        format!("SET LOCAL lock_timeout = '2s'; SELECT pg_catalog.pg_advisory_xact_lock({LOCK})");
    let sql = format!(
        "WITH m AS MATERIALIZED (
             SELECT *, {IS_RESTORED} AS is_restored, m.relation = {RELATION} AND m.database IN (0, {DATABASE}) AS is_in_place
             FROM tenantry.meta AS m WHERE one = 1 FOR UPDATE
         ), given AS MATERIALIZED (
             SELECT last_value AS last, greatest((SELECT max(id) FROM tenantry.tenant),
                 (SELECT max(id) FROM tenantry.provisioning),
                 (SELECT max(pg_catalog.substring(mark, '^tenantry: tenant ([0-9]{{1,18}})$')::bigint)
                  FROM pg_catalog.pg_namespace AS n
                  CROSS JOIN LATERAL pg_catalog.obj_description(n.oid, 'pg_namespace') AS mark), 0) AS most
             FROM tenantry.tenant_id_seq
         ), gap AS MATERIALIZED (
             SELECT CASE WHEN now > greatest(most, given.last) THEN now ELSE greatest(most, given.last) + (1000000 + pg_catalog.random() * 1000000000)::bigint END AS last,
                 is_in_place IS TRUE AND given.last >= most AS is_start
             FROM m CROSS JOIN given
             CROSS JOIN LATERAL (SELECT (EXTRACT(epoch FROM pg_catalog.clock_timestamp()) * 1000)::bigint AS now) AS clock
             WHERE is_restored OR given.last <= most
         ), noted AS (
             UPDATE tenantry.meta AS m SET relation = {RELATION}, server_start = {SERVER_START}, database = {DATABASE},
                 numbers_after = gap.last
             FROM gap WHERE m.one = 1 RETURNING gap.last, gap.is_start
         )
         SELECT is_start, pg_catalog.setval('tenantry.tenant_id_seq', last) FROM noted"
    );
    let mut tx = client.transaction()?;
    tx.batch_execute(&begin).map_err(explain)?;
    let skipped = tx.query_typed_opt(&sql, &[]).map_err(explain)?;
    let is_start: Option<bool> = skipped.map(|row| row.try_get(0)).transpose()?;
    tx.commit()?;
    match is_start {
        Some(true) => tracing::info!(
            "the server was started anew, and what it has may be a copy from an earlier time: the numbers of tenants go on after a gap"
        ),
        Some(false) => tracing::warn!(
            "the metadata tables were restored from a copy, or a sequence was set back: the numbers of tenants go on after a gap"
        ),
        None => {}
    }
    Ok(())
}
