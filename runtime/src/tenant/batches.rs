//! Dropping what a schema has, in batches that take no more locks than the server has to spare.

use postgres::error::SqlState;
use postgres::types::Type;
use postgres::{Client, Transaction};

use super::Tenant;
use super::dependents::check_dependents;
use super::detach::lock;
use super::refusal::committing;
use crate::bookkeeping::Attempt;
use crate::bookkeeping::facts::LOCKS;
use crate::error::Result;
use crate::name::{SchemaName, quote_identifier};

/// A batch takes at most one in so many of the locks that the server has room for: others need some too.
const SHARE: i64 = 8;

/// A kind of batch.
#[derive(Debug, Clone, Copy)]
pub(super) enum Batch {
    /// Tables, with all that is theirs.
    Tables,
    /// Whatever else the schema has: of each its kind and what it is called.
    Others,
}

/// Drops as much of a kind as the lock budget allows, and returns what it began with, if there was any.
pub(super) fn drop_batch(
    client: &mut Client,
    tenant: &Tenant,
    what: Batch,
    attempt: Attempt,
) -> Result<Option<String>> {
    let mut tx = begun(client, attempt)?;
    if !lock(&mut tx, tenant)? {
        return Ok(None);
    }
    let mut found = next(&mut tx, &tenant.schema, what)?;
    if found.is_empty() {
        return Ok(None);
    }
    let mut count = found.len();
    loop {
        let mut part = tx.transaction()?;
        let dropped = match what {
            Batch::Tables => drop_tables(&mut part, &tenant.schema, &found[..count]),
            Batch::Others => drop_others(&mut part, &tenant.schema, &found[..count]),
        };
        match dropped {
            Ok(()) => {
                part.commit()?;
                tx.commit().map_err(committing)?;
                return Ok(Some(found.swap_remove(0)));
            }
            // Others hold more locks than was to be expected, or something needs more.
            Err(error) if error.sqlstate() == Some(SqlState::OUT_OF_MEMORY.code()) && count > 1 => {
                count /= 2;
            }
            Err(error) => return Err(error),
        }
    }
}

/// Begins a transaction that waits shortly for each lock.
pub(super) fn begun(client: &mut Client, attempt: Attempt) -> Result<Transaction<'_>> {
    let mut tx = client.transaction()?;
    tx.batch_execute(&attempt.lock_timeout())?;
    Ok(tx)
}

/// Drops some tables with their parts, and nothing outside of the schema: once they are locked, nobody makes anything
/// more that depends on them.
fn drop_tables(tx: &mut Transaction<'_>, schema: &SchemaName, tables: &[String]) -> Result<()> {
    let list = |before: &str| {
        let names = tables.iter();
        let names =
            names.map(|table| format!("{before}{}.{}", schema.quoted(), quote_identifier(table)));
        names.collect::<Vec<_>>().join(", ")
    };
    tx.batch_execute(&format!(
        "LOCK TABLE {} IN ACCESS EXCLUSIVE MODE",
        list("ONLY ")
    ))?;
    check_dependents(tx, schema)?;
    Ok(tx.batch_execute(&format!("DROP TABLE {} CASCADE", list("")))?)
}

/// Drops something else, and nothing outside of the schema. What goes with one may be another.
fn drop_others(tx: &mut Transaction<'_>, schema: &SchemaName, others: &[String]) -> Result<()> {
    check_dependents(tx, schema)?;
    let drops = others.iter();
    let drops = drops.map(|other| format!("DROP {other} CASCADE;\n"));
    Ok(tx.batch_execute(&drops.collect::<String>())?)
}

/// The next of a kind, as long as the locks for dropping it stay within the budget.
fn next(tx: &mut Transaction<'_>, schema: &SchemaName, what: Batch) -> Result<Vec<String>> {
    let weighed = match what {
        Batch::Tables => TABLES,
        Batch::Others => OTHERS,
    };
    let sql = format!(
        "WITH budget AS (
             SELECT {LOCKS} / $2 AS locks
         ), weighed AS ({weighed} LIMIT 1000), counted AS (
             SELECT what, place, pg_catalog.sum(locks) OVER (ORDER BY place) AS locks FROM weighed
         )
         SELECT what FROM counted CROSS JOIN budget
         WHERE place = 1 OR counted.locks <= budget.locks ORDER BY place"
    );
    let rows = tx.query_typed(
        &sql,
        &[(&schema.as_str(), Type::TEXT), (&SHARE, Type::INT8)],
    )?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Tables of the schema, partitions first.
///
/// Dropping locks not only a table but everything that goes with it: indexes, the sequences of identity columns, the
/// table for long values with its index, types, constraints, defaults, triggers.
const TABLES: &str = "
SELECT c.relname::text AS what, pg_catalog.row_number() OVER (ORDER BY c.relispartition DESC, c.oid DESC) AS place,
    6 + (SELECT pg_catalog.count(*) FROM pg_catalog.pg_depend AS d
        WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = c.oid) AS locks
FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE n.nspname = $1::name AND c.relkind IN ('r', 'p')
ORDER BY place";

/// Whatever else is in the schema by itself, those first on which the least depends: what depends on them goes with them.
///
/// A kind that is not listed is dropped with the schema. `DROP` takes no empty list for an aggregate without arguments.
const OTHERS: &str = "
SELECT pg_catalog.concat(k.word, ' IF EXISTS ',
        CASE k.kind WHEN 'aggregate' THEN pg_catalog.regexp_replace(o.identity, '[(][)]$', '(*)') ELSE o.identity END) AS what,
    pg_catalog.row_number() OVER (ORDER BY e.dependents, e.classid, e.objid) AS place, 2 + e.dependents AS locks
FROM (
    SELECT d.classid, d.objid, (SELECT pg_catalog.count(*) FROM pg_catalog.pg_depend AS o
        WHERE o.refclassid = d.classid AND o.refobjid = d.objid) AS dependents
    FROM pg_catalog.pg_namespace AS n
    JOIN pg_catalog.pg_depend AS d ON d.refclassid = 'pg_catalog.pg_namespace'::regclass AND d.refobjid = n.oid
        AND d.deptype = 'n' AND d.objsubid = 0
    WHERE n.nspname = $1::name AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS o
        WHERE o.classid = d.classid AND o.objid = d.objid AND o.deptype IN ('i', 'e', 'P'))
    ORDER BY dependents, d.classid, d.objid LIMIT 1000
) AS e
CROSS JOIN LATERAL pg_catalog.pg_identify_object(e.classid, e.objid, 0) AS o
JOIN (VALUES ('view', 'VIEW'), ('materialized view', 'MATERIALIZED VIEW'), ('foreign table', 'FOREIGN TABLE'),
    ('sequence', 'SEQUENCE'), ('function', 'FUNCTION'), ('procedure', 'PROCEDURE'), ('aggregate', 'AGGREGATE'), ('type', 'TYPE'),
    ('collation', 'COLLATION'), ('conversion', 'CONVERSION'), ('statistics object', 'STATISTICS'), ('operator', 'OPERATOR'),
    ('text search configuration', 'TEXT SEARCH CONFIGURATION'), ('text search dictionary', 'TEXT SEARCH DICTIONARY')
) AS k (kind, word) ON k.kind = o.type
ORDER BY place";
