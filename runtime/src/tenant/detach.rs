//! Taking off what ties a tenant's tables to tables outside of its schema, which others are reading.
//!
//! To drop a foreign key, or a table that has one, PostgreSQL locks the referenced table against everybody. So these locks
//! are taken one outer table at a time, by transactions that do nothing else, and that give up when they would keep others
//! waiting: nobody waits longer than the lock timeout, and nobody who reads several shared tables waits in a circle. The
//! partitions of an outer table are locked with it, and all of them together wait no longer.

use postgres::error::SqlState;
use postgres::types::Type;
use postgres::{Client, Transaction};

use super::Tenant;
use super::refusal::committing;
use crate::bookkeeping::{Attempt, Waits};
use crate::error::{Error, ErrorKind, Result};
use crate::name::quote_identifier;

/// How many keys a transaction takes off: each locks a table of the tenant, too.
const AT_ONCE: i64 = 50;

/// How often something may have gone between a look and what is done then. More often it is something else that is missing, as for an
/// event trigger.
const MOST_GONE: usize = 10;

/// Takes off all foreign keys to outer tables, and all tables that are partitions of such.
pub(super) fn detach(client: &mut Client, tenant: &Tenant, waits: &Waits) -> Result<()> {
    // The keys of a partition are its parent's until it is none any more.
    for ties in [PARTITIONS, FOREIGN_KEYS] {
        let mut gone = Gone::default();
        loop {
            match waits.attempt(|attempt| step(client, tenant, ties, attempt)) {
                Ok(true) => gone = Gone::default(),
                Ok(false) => break,
                Err(error) => gone.look_again(error)?,
            }
        }
    }
    Ok(())
}

/// How often somebody else has taken away what was read, since anything was done.
#[derive(Default)]
pub(super) struct Gone(usize);

impl Gone {
    /// Has it read anew after an error, if that says that something is gone.
    pub(super) fn look_again(&mut self, error: Error) -> Result<()> {
        let is_gone = matches!(
            error.kind(),
            ErrorKind::MissingTable | ErrorKind::MissingSchema
        ) || error.sqlstate() == Some(SqlState::UNDEFINED_OBJECT.code());
        if !is_gone || self.0 == MOST_GONE {
            return Err(error);
        }
        self.0 += 1;
        Ok(())
    }
}

/// The partitions of outer tables that are in the schema `$1`, and what takes them off: an outer table, a table to lock, a
/// statement. At most `$2` of one outer table.
const PARTITIONS: &str = "
SELECT i.inhparent, pg_catalog.quote_ident(c.relname), pg_catalog.format(
        'ALTER TABLE %I.%I DETACH PARTITION %I.%I%s', o.nspname, p.relname, n.nspname, c.relname,
        CASE WHEN i.inhdetachpending THEN ' FINALIZE' END)
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

/// The outer table `$1` and its partitions, parents first as in whoever reads it. Only those that the role may lock: it may
/// take its own keys off any.
const LOCKED: &str = "
SELECT pg_catalog.format('%I.%I', n.nspname, c.relname)
FROM (SELECT $1 AS relid, 0 AS level UNION SELECT relid::oid, level FROM pg_catalog.pg_partition_tree($1)) AS t
JOIN pg_catalog.pg_class AS c ON c.oid = t.relid AND c.relkind IN ('r', 'p')
JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
WHERE pg_catalog.has_schema_privilege(n.oid, 'USAGE')
    AND pg_catalog.has_table_privilege(c.oid, 'UPDATE, DELETE, TRUNCATE')
ORDER BY t.level, c.oid";

/// Takes off what ties the tenant to one outer table, and tells whether there was anything.
fn step(client: &mut Client, tenant: &Tenant, ties: &str, attempt: Attempt) -> Result<bool> {
    let mut tx = client.transaction()?;
    tx.batch_execute(&attempt.lock_timeout())?;
    if !lock(&mut tx, tenant)? {
        return Ok(false);
    }
    let Some(found) = read(&mut tx, tenant, ties)? else {
        return Ok(false);
    };
    // The tenant's own tables come first: scopes that are still open may keep this waiting, and nobody else waits meanwhile.
    tx.batch_execute(&format!(
        "LOCK TABLE {} IN ACCESS EXCLUSIVE MODE",
        found.tables.join(", ")
    ))?;
    let mut message = String::new();
    // A partition that is taken off is locked already, and its siblings stay as they are.
    if ties == FOREIGN_KEYS {
        for row in tx.query_typed(LOCKED, &[(&found.outer, Type::OID)])? {
            let table: &str = row.try_get(0)?;
            message.push_str(&attempt.rest_of_brief_timeout());
            for part in ["LOCK TABLE ONLY ", table, " IN ACCESS EXCLUSIVE MODE;\n"] {
                message.push_str(part);
            }
        }
    }
    message.push_str(&attempt.brief_timeout());
    message.push_str(&found.statements.join(";\n"));
    tx.batch_execute(&message)?;
    tx.commit().map_err(committing)?;
    Ok(true)
}

/// Whatever ties a tenant to one outer table.
struct Ties {
    outer: u32,
    /// The tenant's tables to lock.
    tables: Vec<String>,
    statements: Vec<String>,
}

/// Reads what ties the tenant to the first outer table, if there is any.
fn read(tx: &mut Transaction<'_>, tenant: &Tenant, ties: &str) -> Result<Option<Ties>> {
    let schema = tenant.schema.as_str();
    let rows = tx.query_typed(ties, &[(&schema, Type::NAME), (&AT_ONCE, Type::INT8)])?;
    let Some(first) = rows.first() else {
        return Ok(None);
    };
    let mut found = Ties {
        outer: first.try_get(0)?,
        tables: Vec::new(),
        statements: Vec::new(),
    };
    for row in &rows {
        if row.try_get::<_, u32>(0)? != found.outer {
            break;
        }
        let table: &str = row.try_get(1)?;
        found
            .tables
            .push(format!("{}.{table}", quote_identifier(schema)));
        found.statements.push(row.try_get(2)?);
    }
    found.tables.dedup();
    Ok(Some(found))
}

/// Keeps others who drop the same tenant waiting. Tells whether it is still there.
pub(super) fn lock(tx: &mut Transaction<'_>, tenant: &Tenant) -> Result<bool> {
    let row = tx.query_typed_opt(
        "SELECT FROM tenantry.tenant WHERE id = $1 AND state = 'dropping' FOR UPDATE",
        &[(&tenant.id, Type::INT8)],
    )?;
    Ok(row.is_some())
}
