//! Migrations that can be edited although they have begun.
//!
//! A migration that is not one transaction can fail half-way, and then it is in the ledger and nowhere done. It may be that
//! only another text makes it work: so what is not done yet can be changed, as long as no schema has all of it.

use postgres::GenericClient;
use postgres::types::Type;

use super::compare::{ChainDifference, EditConflict, compare};
use super::migration::RecordedMigration;
use crate::bookkeeping::explain;
use crate::bookkeeping::segment::ADVISORY_LOCK;
use crate::bookkeeping::segment::segments;
use crate::error::Result;
use crate::migrate::chain::{Chain, Migration, Part};
use crate::model::PlacementKind;

/// Compares the chain on disk with the recorded one. What has changed of a migration that is half-way, and can still be
/// changed, is no conflict.
pub(crate) fn differ(
    client: &mut impl GenericClient,
    chain: &Chain,
    recorded: &[RecordedMigration],
) -> Result<ChainDifference> {
    let mut difference = compare(chain, recorded);
    let mut conflicts = Vec::new();
    for conflict in difference.conflicts {
        if !is_mendable(client, chain, &conflict)? {
            conflicts.push(conflict);
        }
    }
    difference.conflicts = conflicts;
    Ok(difference)
}

/// Brings the ledger to the checksums of migrations that were changed.
pub(crate) fn repair(client: &mut impl GenericClient, positions: &[i32]) -> Result<()> {
    if positions.is_empty() {
        return Ok(());
    }
    client
        .execute_typed(
            "UPDATE tenantry.ledger AS l \
             SET checksum = CASE WHEN l.tenant_id = 0 THEN g.shared_checksum ELSE g.tenant_checksum END \
             FROM tenantry.migration AS g WHERE g.id = l.migration AND g.position = ANY ($1)",
            &[(&positions, Type::INT4_ARRAY)],
        )
        .map_err(explain)?;
    Ok(())
}

fn is_mendable(
    client: &mut impl GenericClient,
    chain: &Chain,
    conflict: &EditConflict,
) -> Result<bool> {
    let EditConflict::Part {
        position,
        placement,
    } = conflict
    else {
        return Ok(false);
    };
    let migration = chain.at(*position);
    let part = migration.and_then(|migration| migration.part(*placement));
    let (Some(migration), Some(part)) = (migration, part) else {
        return Ok(false);
    };
    let Some((was, step)) = half_way(client, *position, *placement)? else {
        return Ok(false);
    };
    Ok(goes_on(&was, step, migration, part))
}

/// Whether the same was done up to a step, and there is something left to do.
fn goes_on(was: &str, step: i32, migration: &Migration, part: &Part) -> bool {
    let is_transaction = migration.limits().is_transaction;
    let done = usize::try_from(step - 1).unwrap_or_default();
    let (was, is) = (
        segments(was, is_transaction),
        segments(part.up(), is_transaction),
    );
    done < was.len() && done < is.len() && was[..done] == is[..done]
}

/// The SQL that was recorded, and the furthest step that anybody is at; nothing if anybody has done it all, or is at it
/// just now.
fn half_way(
    client: &mut impl GenericClient,
    position: i32,
    placement: PlacementKind,
) -> Result<Option<(String, i32)>> {
    let (text, step, is_half_way) = match placement {
        PlacementKind::Shared => (
            "g.shared_up",
            "m.shared_step",
            "m.shared_step > 0 AND m.shared_version < g.position",
        ),
        PlacementKind::Tenant => (
            "g.tenant_up",
            "(SELECT max(t.step) FROM tenantry.tenant AS t JOIN tenantry.ledger AS l ON l.tenant_id = t.id \
             WHERE l.migration = g.id)",
            "NOT EXISTS (SELECT FROM tenantry.ledger AS l LEFT JOIN tenantry.tenant AS t ON t.id = l.tenant_id \
             WHERE l.migration = g.id AND l.tenant_id > 0 AND (t.step > 0 AND t.version < g.position) IS NOT TRUE)",
        ),
    };
    let sql = format!(
        "SELECT {text}, {step} FROM tenantry.migration AS g CROSS JOIN tenantry.meta AS m \
         WHERE g.position = $1 AND {text} IS NOT NULL AND {is_half_way} \
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks AS k JOIN pg_catalog.pg_database AS d ON d.oid = k.database \
         WHERE k.locktype = 'advisory' AND k.classid = {} AND k.objsubid = 1 \
         AND d.datname = pg_catalog.current_database())",
        ADVISORY_LOCK >> 32
    );
    let row = client
        .query_typed_opt(&sql, &[(&position, Type::INT4)])
        .map_err(explain)?;
    row.map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .transpose()
}
