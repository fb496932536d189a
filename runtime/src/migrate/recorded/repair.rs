//! Migrations that can be edited although they have begun.
//!
//! A migration that is not one transaction can fail half-way, and then it is in the ledger and nowhere done. It may be that
//! only another text makes it work: so what is not done yet can be changed, as long as no schema has all of it.

use postgres::GenericClient;
use postgres::types::Type;

use super::compare::{ChainDifference, EditConflict, compare};
use super::migration::RecordedMigration;
use crate::bookkeeping::batches::BatchedRows;
use crate::bookkeeping::explain;
use crate::bookkeeping::segment::{ADVISORY_LOCK, Segment, segments};
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
        conflicts.extend(unmendable(client, chain, conflict)?);
    }
    for squashed in &difference.squashed {
        if let Some(who) = squashed.find_within(client)? {
            let squashed = squashed.clone();
            conflicts.push(EditConflict::Within { squashed, who });
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

/// A part that is half-way.
struct HalfWay {
    /// The SQL that was recorded.
    was: String,
    /// The furthest step that anybody is at.
    step: i32,
    /// Whether that is a statement in batches of which some are done.
    is_in_batches: bool,
}

/// Returns the conflict, if the chain can't go on as it is.
fn unmendable(
    client: &mut impl GenericClient,
    chain: &Chain,
    conflict: EditConflict,
) -> Result<Option<EditConflict>> {
    let EditConflict::Part {
        position,
        placement,
    } = conflict
    else {
        return Ok(Some(conflict));
    };
    let migration = chain.at(position);
    let part = migration.and_then(|migration| migration.part(placement));
    let (Some(migration), Some(part)) = (migration, part) else {
        return Ok(Some(conflict));
    };
    let Some(half_way) = half_way(client, position, placement)? else {
        return Ok(Some(conflict));
    };
    let Some((was, is)) = left(&half_way, migration, part) else {
        return Ok(Some(conflict));
    };
    let in_batches = EditConflict::InBatches {
        position,
        placement,
    };
    Ok((half_way.is_in_batches && !is_of_same_rows(&was, &is)).then_some(in_batches))
}

/// Returns what was left to do and what is, if the same was done up to a step and there is something left.
fn left(
    half_way: &HalfWay,
    migration: &Migration,
    part: &Part,
) -> Option<(Vec<Segment>, Vec<Segment>)> {
    let is_transaction = migration.limits().is_transaction;
    let done = usize::try_from(half_way.step - 1).unwrap_or_default();
    let mut was = segments(&half_way.was, is_transaction);
    let mut is = segments(part.up(), is_transaction);
    if done >= was.len() || done >= is.len() || was[..done] != is[..done] {
        return None;
    }
    Some((was.split_off(done), is.split_off(done)))
}

/// Whether the statement that is half-way in its batches is still one of these rows. That it is the same statement nothing tells
/// but that all behind it are: rows would else be done again, or by none of them.
fn is_of_same_rows(was: &[Segment], is: &[Segment]) -> bool {
    let ([Segment::Batched(was), was_behind @ ..], [Segment::Batched(is), is_behind @ ..]) =
        (was, is)
    else {
        return false;
    };
    was.rows.table == is.rows.table
        && was.rows.key == is.rows.key
        && was_behind.iter().map(text).eq(is_behind.iter().map(text))
}

/// A segment wherever it stands in its file.
fn text(segment: &Segment) -> (&str, Option<&BatchedRows>) {
    match segment {
        Segment::Together(stretch) => (&stretch.sql, None),
        Segment::Alone(alone) => (&alone.stretch.sql, None),
        Segment::Batched(batched) => (&batched.stretch.sql, Some(&batched.rows)),
    }
}

/// How far a part is; nothing if anybody has done it all, or is at it just now.
fn half_way(
    client: &mut impl GenericClient,
    position: i32,
    placement: PlacementKind,
) -> Result<Option<HalfWay>> {
    let (owner, text, step, is_half_way) = match placement {
        PlacementKind::Shared => (
            "= 0",
            "g.shared_up",
            "m.shared_step",
            "m.shared_step > 0 AND m.shared_version < g.position",
        ),
        PlacementKind::Tenant => (
            "> 0",
            "g.tenant_up",
            "(SELECT max(t.step) FROM tenantry.tenant AS t JOIN tenantry.ledger AS l ON l.tenant_id = t.id \
             WHERE l.migration = g.id)",
            "NOT EXISTS (SELECT FROM tenantry.ledger AS l LEFT JOIN tenantry.tenant AS t ON t.id = l.tenant_id \
             WHERE l.migration = g.id AND l.tenant_id > 0 AND (t.step > 0 AND t.version < g.position) IS NOT TRUE)",
        ),
    };
    let sql = format!(
        "SELECT {text}, {step}, EXISTS (SELECT FROM tenantry.ledger AS l WHERE l.migration = g.id AND l.tenant_id {owner} \
         AND l.batch ->> 'step' = {step}::text) FROM tenantry.migration AS g CROSS JOIN tenantry.meta AS m \
         WHERE g.position = $1 AND {text} IS NOT NULL AND {is_half_way} \
         AND NOT EXISTS (SELECT FROM pg_catalog.pg_locks AS k JOIN pg_catalog.pg_database AS d ON d.oid = k.database \
         WHERE k.locktype = 'advisory' AND k.classid = {} AND k.objsubid = 1 \
         AND d.datname = pg_catalog.current_database())",
        ADVISORY_LOCK >> 32
    );
    let row = client
        .query_typed_opt(&sql, &[(&position, Type::INT4)])
        .map_err(explain)?;
    let half_way = row.map(|row| {
        Ok(HalfWay {
            was: row.try_get(0)?,
            step: row.try_get(1)?,
            is_in_batches: row.try_get(2)?,
        })
    });
    half_way.transpose()
}
