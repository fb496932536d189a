//! Rows of the recorded chain, as they are written.

use postgres::GenericClient;
use postgres::types::{ToSql, Type};

use crate::error::Result;
use crate::migrate::chain::provision::Provision;
use crate::migrate::chain::{Migration, Part};

/// Writes down what new tenants get from a position on.
pub(super) fn write_provision(
    client: &mut impl GenericClient,
    position: i32,
    provision: &Provision,
) -> Result<()> {
    // That there is nothing any more has to be written down too.
    let checksum = provision.checksum().unwrap_or_default();
    client.execute_typed(
        "INSERT INTO tenantry.provision (position, checksum, grants, seed, for_standbys, for_standbys_checksum) \
         VALUES ($1, $2, $3, $4, $5, pg_catalog.encode(pg_catalog.sha256(pg_catalog.convert_to( \
             CASE WHEN $5 THEN 'standbys ' ELSE 'nobody ' END || $2, 'UTF8')), 'hex')) \
         ON CONFLICT (position) DO UPDATE SET checksum = excluded.checksum, grants = excluded.grants, \
         seed = excluded.seed, for_standbys = excluded.for_standbys, for_standbys_checksum = excluded.for_standbys_checksum",
        &[
            (&position, Type::INT4),
            (&checksum, Type::TEXT),
            (&provision.grants, Type::TEXT),
            (&provision.seed, Type::TEXT),
            (&provision.can_be_renamed(), Type::BOOL),
        ],
    )?;
    Ok(())
}

/// Writes down a migration.
pub(super) fn insert(client: &mut impl GenericClient, migration: &Migration) -> Result<()> {
    let shared_checksum = migration.shared().map(Part::checksum);
    let tenant_checksum = migration.tenant().map(Part::checksum);
    let phase = migration.phase().as_str();
    let beyond_tables = migration.tenant().is_some_and(Part::beyond_tables);
    let params: [(&(dyn ToSql + Sync), Type); 11] = [
        (&migration.position(), Type::INT4),
        (&migration.id(), Type::TEXT),
        (&phase, Type::TEXT),
        (&migration.shared().map(Part::up), Type::TEXT),
        (&migration.shared().and_then(Part::down), Type::TEXT),
        (&shared_checksum, Type::TEXT),
        (&migration.tenant().map(Part::up), Type::TEXT),
        (&migration.tenant().and_then(Part::down), Type::TEXT),
        (&tenant_checksum, Type::TEXT),
        (&beyond_tables, Type::BOOL),
        (&migration.limits().is_transaction, Type::BOOL),
    ];
    client.query_typed(
        "INSERT INTO tenantry.migration (position, id, phase, shared_up, shared_down, shared_checksum, \
         tenant_up, tenant_down, tenant_checksum, beyond_tables, is_transaction) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        &params,
    )?;
    Ok(())
}
