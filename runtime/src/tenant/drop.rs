//! Dropping a tenant, in steps that never hold more locks than the server has to spare.
//!
//! The first step takes the tenant out of use at once: its state becomes `dropping` and its schema is renamed. Then the
//! foreign keys to shared tables go, then the tables, then views, functions, types and the like, a batch at a time, then the
//! schema and the tenant's rows. Whatever interrupts it, dropping the tenant again goes on where it stopped.

use postgres::types::Type;
use postgres::{Client, Transaction};

use super::batches::{Batch, begun, drop_batch};
use super::dependents::check_dependents;
use super::detach::{Gone, detach, lock};
use super::holder::{Needs, name_holder};
use super::refusal::{committing, kept_by_rows};
use super::{Tenant, TenantState};
use crate::bookkeeping::{Attempt, Waits, check_whole, explain, explaining};
use crate::error::{Error, ErrorKind, Result};
use crate::exec::error_of;
use crate::name::{SchemaName, TenantKey};

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
    for what in [Batch::Tables, Batch::Others] {
        let mut last = None;
        let mut gone = Gone::default();
        loop {
            let dropped = waits.attempt(|attempt| drop_batch(client, tenant, what, attempt));
            let first = match dropped {
                Ok(first) => first,
                Err(error) => {
                    gone.look_again(error)?;
                    continue;
                }
            };
            gone = Gone::default();
            // Something that is there still after it was dropped is left to the drop of the schema.
            if first.is_none() || first == last {
                break;
            }
            last = first;
        }
    }
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
    )
    .map_err(|error| tenant.blame(kept_by_rows(error)))?;
    tx.commit().map_err(committing)?;
    tenant.schema = aside;
    tenant.state = TenantState::Dropping;
    Ok(tenant)
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

/// Drops the schema with the little that may be left in it, and the tenant's rows.
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
