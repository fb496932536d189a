//! Taking off what ties a tenant's tables to tables outside of its schema, which others are reading.
//!
//! To drop a foreign key, or a table that has one, PostgreSQL locks the referenced table against everybody. So these locks
//! are taken one outer table at a time, by transactions that do nothing else, and that give up when they would keep others
//! waiting: nobody waits longer than the lock timeout, and nobody who reads several shared tables waits in a circle.

use postgres::types::Type;
use postgres::{Client, Transaction};

use super::Tenant;
use super::refusal::committing;
use crate::bookkeeping::{Attempt, Waits};
use crate::error::Result;
use crate::name::quote_identifier;

/// How many keys a transaction takes off: each locks a table of the tenant, too.
const AT_ONCE: i64 = 50;

/// Takes off all foreign keys to outer tables, and all tables that are partitions of such.
pub(super) fn detach(client: &mut Client, tenant: &Tenant, waits: &Waits) -> Result<()> {
    // The keys of a partition are its parent's until it is none any more.
    for ties in [PARTITIONS, FOREIGN_KEYS] {
        while waits.attempt(|attempt| step(client, tenant, ties, attempt))? {}
    }
    Ok(())
}

/// The partitions of outer tables that are in the schema `$1`, and what takes them off: an outer table, a table to lock, a
/// statement. At most `$2` of one outer table.
const PARTITIONS: &str = "
SELECT i.inhparent, pg_catalog.quote_ident(c.relname), pg_catalog.format(
        'ALTER TABLE %I.%I DETACH PARTITION %I.%I', o.nspname, p.relname, n.nspname, c.relname)
FROM pg_catalog.pg_namespace AS n JOIN pg_catalog.pg_class AS c ON c.relnamespace = n.oid AND c.relispartition
JOIN pg_catalog.pg_inherits AS i ON i.inhrelid = c.oid
JOIN pg_catalog.pg_class AS p ON p.oid = i.inhparent AND p.relnamespace <> n.oid
JOIN pg_catalog.pg_namespace AS o ON o.oid = p.relnamespace
WHERE n.nspname = $1 AND c.relkind IN ('r', 'p') ORDER BY i.inhparent, c.oid LIMIT $2";

/// The same for foreign keys.
const FOREIGN_KEYS: &str = "
SELECT k.confrelid, pg_catalog.quote_ident(c.relname), pg_catalog.format(
        'ALTER TABLE %I.%I DROP CONSTRAINT %I', n.nspname, c.relname, k.conname)
FROM pg_catalog.pg_namespace AS n
JOIN pg_catalog.pg_constraint AS k ON k.connamespace = n.oid AND k.contype = 'f' AND k.conparentid = 0
JOIN pg_catalog.pg_class AS c ON c.oid = k.conrelid
JOIN pg_catalog.pg_class AS r ON r.oid = k.confrelid AND r.relnamespace <> n.oid
WHERE n.nspname = $1 ORDER BY k.confrelid, c.oid LIMIT $2";

/// Takes off what ties the tenant to one outer table, and tells whether there was anything.
fn step(client: &mut Client, tenant: &Tenant, ties: &str, attempt: Attempt) -> Result<bool> {
    let mut tx = client.transaction()?;
    tx.batch_execute(&attempt.lock_timeout())?;
    if !lock(&mut tx, tenant)? {
        return Ok(false);
    }
    let (tables, statements) = read(&mut tx, tenant, ties)?;
    if statements.is_empty() {
        return Ok(false);
    }
    // The tenant's own tables come first: scopes that are still open may keep this waiting, and nobody else waits meanwhile.
    tx.batch_execute(&format!(
        "LOCK TABLE {} IN ACCESS EXCLUSIVE MODE;\n{}{}",
        tables.join(", "),
        attempt.brief_timeout(),
        statements.join(";\n")
    ))?;
    tx.commit().map_err(committing)?;
    Ok(true)
}

/// Reads the tables to lock and the statements, for the first outer table.
fn read(
    tx: &mut Transaction<'_>,
    tenant: &Tenant,
    ties: &str,
) -> Result<(Vec<String>, Vec<String>)> {
    let schema = tenant.schema.as_str();
    let rows = tx.query_typed(ties, &[(&schema, Type::NAME), (&AT_ONCE, Type::INT8)])?;
    let mut tables = Vec::new();
    let mut statements = Vec::new();
    let mut outer = None;
    for row in &rows {
        let of: u32 = row.try_get(0)?;
        if *outer.get_or_insert(of) != of {
            break;
        }
        let table: &str = row.try_get(1)?;
        tables.push(format!("{}.{table}", quote_identifier(schema)));
        statements.push(row.try_get(2)?);
    }
    tables.dedup();
    Ok((tables, statements))
}

/// Keeps others who drop the same tenant waiting. Tells whether it is still there.
pub(super) fn lock(tx: &mut Transaction<'_>, tenant: &Tenant) -> Result<bool> {
    let row = tx.query_typed_opt(
        "SELECT FROM tenantry.tenant WHERE id = $1 AND state = 'dropping' FOR UPDATE",
        &[(&tenant.id, Type::INT8)],
    )?;
    Ok(row.is_some())
}
