//! Dropping a tenant, in steps that never hold more locks than the server has to spare.
//!
//! The first step takes the tenant out of use at once: its state becomes `dropping` and its schema is renamed. Then the
//! foreign keys to shared tables go, then the tables, a batch at a time, then the schema, then the tenant's rows. Whatever
//! interrupts it, dropping the tenant again goes on where it stopped.

use postgres::error::SqlState;
use postgres::types::Type;
use postgres::{Client, Transaction};

use super::dependents::check_dependents;
use super::detach::{detach, lock};
use super::holder::{Needs, name_holder};
use super::refusal::committing;
use super::{Tenant, TenantState};
use crate::bookkeeping::facts::LOCKS;
use crate::bookkeeping::{Attempt, Waits, check_whole, explain, explaining};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::error_of;
use crate::name::{SchemaName, TenantKey, quote_identifier};

/// A batch takes at most one in so many of the locks that the server has room for: others need some too.
const SHARE: i64 = 8;

/// Drops a tenant with everything in its schema.
///
/// # Errors
///
/// As [`Tenants::drop`](crate::scope::Tenants::drop).
pub fn drop(client: &mut Client, key: &TenantKey) -> Result<()> {
    explaining(client, |client| drop_within(client, key, &Waits::default()))
}

/// The same within limits of waiting.
pub(crate) fn drop_within(client: &mut Client, key: &TenantKey, waits: &Waits) -> Result<()> {
    let tenant = waits
        .attempt(|attempt| begin(client, key, attempt))
        .map_err(|error| name_holder(client, error.in_tenant(key), Needs::Drop(None)))?;
    go_on(client, &tenant, waits)?;
    tracing::info!(tenant = %tenant.key, schema = %tenant.schema, "dropped a tenant");
    Ok(())
}

/// Finishes what was begun.
pub(super) fn go_on(client: &mut Client, tenant: &Tenant, waits: &Waits) -> Result<()> {
    take_down(client, tenant, waits).map_err(|error| {
        let needs = Needs::Drop(Some(&tenant.schema));
        name_holder(client, tenant.blame(error), needs)
    })
}

fn take_down(client: &mut Client, tenant: &Tenant, waits: &Waits) -> Result<()> {
    detach(client, tenant, waits)?;
    while waits.attempt(|attempt| drop_batch(client, tenant, attempt))? {}
    waits.attempt(|attempt| finish(client, tenant, attempt))
}

/// The name of a schema that is being dropped. No key leads to it: what follows the number there never begins with `_`.
pub(super) fn aside(id: i64) -> Result<SchemaName> {
    Ok(SchemaName::new(format!("t{id}__dropping"))?)
}

/// Takes the tenant out of use.
fn begin(client: &mut Client, key: &TenantKey, attempt: Attempt) -> Result<Tenant> {
    let mut tx = client.transaction()?;
    check_whole(&mut tx, &attempt.lock_timeout(), Some(key))?;
    let sql = format!(
        "SELECT {} FROM tenantry.tenant WHERE key = $1 FOR UPDATE",
        Tenant::COLUMNS
    );
    let row = tx
        .query_typed_opt(&sql, &[(&key.as_str(), Type::TEXT)])
        .map_err(explain)?;
    let Some(row) = row else {
        return Err(error_of(&mut tx, super::unknown::unknown(key)));
    };
    let mut tenant = Tenant::read(&row)?;
    let exists = check(&mut tx, &tenant).map_err(|error| tenant.blame(error))?;
    if tenant.state == TenantState::Dropping {
        return Ok(tenant);
    }
    let aside = aside(tenant.id)?;
    if exists {
        tx.batch_execute(&format!(
            "ALTER SCHEMA {} RENAME TO {}",
            tenant.schema.quoted(),
            aside.quoted()
        ))
        .map_err(|error| tenant.blame(error.into()))?;
    }
    // Scopes that are open, in whatever process, know the tenant's schema by its name: they must never find another
    // tenant's there.
    tx.execute_typed(
        "INSERT INTO tenantry.retired_schema (name) VALUES ($1) ON CONFLICT DO NOTHING",
        &[(&tenant.schema.as_str(), Type::TEXT)],
    )?;
    tx.execute_typed(
        "UPDATE tenantry.tenant SET state = 'dropping', schema_name = $2, epoch = epoch + 1, \
         changed_at = pg_catalog.now() WHERE id = $1",
        &[(&tenant.id, Type::INT8), (&aside.as_str(), Type::TEXT)],
    )?;
    tx.commit().map_err(committing)?;
    tenant.schema = aside;
    tenant.state = TenantState::Dropping;
    Ok(tenant)
}

/// Begins a transaction that waits shortly for each lock.
fn begun(client: &mut Client, attempt: Attempt) -> Result<Transaction<'_>> {
    let mut tx = client.transaction()?;
    tx.batch_execute(&attempt.lock_timeout())?;
    Ok(tx)
}

/// Refuses a schema that is not tenantry's to drop, and tells whether there is one.
fn check(tx: &mut Transaction<'_>, tenant: &Tenant) -> Result<bool> {
    let row = tx.query_typed_opt(
        "SELECT pg_catalog.obj_description(oid, 'pg_namespace') FROM pg_catalog.pg_namespace WHERE nspname = $1::name",
        &[(&tenant.schema.as_str(), Type::TEXT)],
    )?;
    let Some(row) = row else { return Ok(false) };
    let mark: Option<&str> = row.try_get(0)?;
    if mark != Some(tenant.mark().as_str()) {
        return Err(Error::new(
            ErrorKind::NotOwned,
            format!(
                "the schema `{0}` is not marked as made by tenantry for this tenant, so it is not dropped\n\
                 help: if it is the tenant's, run `COMMENT ON SCHEMA {0} IS '{1}'` and drop the tenant again",
                tenant.schema,
                tenant.mark()
            ),
        ));
    }
    check_dependents(tx, &tenant.schema)?;
    Ok(true)
}

/// Drops as many tables as the lock budget allows, and tells whether there were any.
fn drop_batch(client: &mut Client, tenant: &Tenant, attempt: Attempt) -> Result<bool> {
    let mut tx = begun(client, attempt)?;
    if !lock(&mut tx, tenant)? {
        return Ok(false);
    }
    let tables = next_tables(&mut tx, &tenant.schema)?;
    if tables.is_empty() {
        return Ok(false);
    }
    let mut count = tables.len();
    loop {
        let mut part = tx.transaction()?;
        match drop_tables(&mut part, &tenant.schema, &tables[..count]) {
            Ok(()) => {
                part.commit()?;
                tx.commit().map_err(committing)?;
                return Ok(true);
            }
            // Others hold more locks than was to be expected, or a table needs more.
            Err(error) if error.sqlstate() == Some(SqlState::OUT_OF_MEMORY.code()) && count > 1 => {
                count /= 2;
            }
            Err(error) => return Err(error),
        }
    }
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

/// Tables of the schema, partitions first, as long as the locks for dropping them stay within the budget.
///
/// Dropping locks not only a table but everything that goes with it: indexes, the sequences of identity columns, the
/// table for long values with its index, types, constraints, defaults, triggers.
fn next_tables(tx: &mut Transaction<'_>, schema: &SchemaName) -> Result<Vec<String>> {
    let sql = format!(
        "WITH budget AS (
             SELECT {LOCKS} / $2 AS locks
         ), weighed AS (
             SELECT c.relname, c.relispartition, c.oid,
                 6 + (SELECT pg_catalog.count(*) FROM pg_catalog.pg_depend AS d
                     WHERE d.refclassid = 'pg_catalog.pg_class'::regclass AND d.refobjid = c.oid) AS locks
             FROM pg_catalog.pg_class AS c JOIN pg_catalog.pg_namespace AS n ON n.oid = c.relnamespace
             WHERE n.nspname = $1::name AND c.relkind IN ('r', 'p')
             ORDER BY c.relispartition DESC, c.oid DESC LIMIT 1000
         ), counted AS (
             SELECT relname, pg_catalog.row_number() OVER placed AS number, pg_catalog.sum(locks) OVER placed AS locks
             FROM weighed WINDOW placed AS (ORDER BY relispartition DESC, oid DESC)
         )
         SELECT relname::text FROM counted CROSS JOIN budget
         WHERE number = 1 OR counted.locks <= budget.locks ORDER BY number"
    );
    let rows = tx.query_typed(
        &sql,
        &[(&schema.as_str(), Type::TEXT), (&SHARE, Type::INT8)],
    )?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// Drops what is left: views, functions, types, sequences, the schema, the tenant's rows.
fn finish(client: &mut Client, tenant: &Tenant, attempt: Attempt) -> Result<()> {
    let mut tx = begun(client, attempt)?;
    if !lock(&mut tx, tenant)? {
        return Ok(());
    }
    check_dependents(&mut tx, &tenant.schema)?;
    tx.batch_execute(&format!(
        "DROP SCHEMA IF EXISTS {} CASCADE",
        tenant.schema.quoted()
    ))?;
    tx.execute_typed(
        "DELETE FROM tenantry.ledger WHERE tenant_id = $1 \
         AND migration IN (SELECT id FROM tenantry.migration)",
        &[(&tenant.id, Type::INT8)],
    )?;
    tx.execute_typed(
        "DELETE FROM tenantry.tenant WHERE id = $1",
        &[(&tenant.id, Type::INT8)],
    )?;
    tx.commit().map_err(committing)
}
