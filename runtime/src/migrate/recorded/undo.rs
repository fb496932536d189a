//! The recorded migrations with what undoes them.

#[cfg(feature = "cli")]
use std::collections::BTreeMap;

use postgres::Client;

use super::{fleet_columns, left_out};
#[cfg(feature = "cli")]
use crate::bookkeeping::facts::failed;
use crate::bookkeeping::{APPLIED, Meta, explain, not_migrated};
use crate::error::Result;
use crate::migrate::chain::manifest::Limits;
use crate::migrate::report::LeftOut;

/// A migration as it was recorded, with what undoes it.
#[derive(Debug)]
pub(crate) struct Undo {
    pub(crate) position: i32,
    pub(crate) id: String,
    pub(crate) shared: Option<UndoPart>,
    pub(crate) tenant: Option<UndoPart>,
    pub(crate) limits: Limits,
}

/// A part of a migration as it was recorded.
#[derive(Debug)]
pub(crate) struct UndoPart {
    pub(crate) down: Option<String>,
    pub(crate) checksum: String,
    pub(crate) applied: bool,
}

/// A migration that a rollback can undo, as the database has it.
#[cfg(feature = "cli")]
#[derive(Debug)]
pub(crate) struct Undoable {
    pub(crate) id: String,
    pub(crate) position: i32,
    /// Whether any schema has it, or new tenants are made with it.
    pub(crate) is_applied: bool,
    /// Whether there is no SQL that undoes it.
    pub(crate) is_one_way: bool,
    /// For how many tenants it failed, or one of the migrations before it that they lacked too.
    pub(crate) failed: i64,
}

/// Reads the migrations that the database has recorded, in order.
#[cfg(feature = "cli")]
pub(crate) fn undoable(client: &mut Client) -> Result<Vec<Undoable>> {
    let (meta, chain, _) = read(client)?;
    let sql = format!(
        "SELECT failed_to, count(*) FROM tenantry.tenant WHERE {} AND version < failed_to GROUP BY failed_to",
        failed!()
    );
    let rows = client.query_typed(&sql, &[]).map_err(explain)?;
    let failures = rows
        .iter()
        .map(|row| Ok((row.try_get(0)?, row.try_get(1)?)))
        .collect::<Result<BTreeMap<i32, i64>>>()?;
    let all = chain.into_iter().map(|undo| {
        let applied = |part: &Option<UndoPart>| part.as_ref().is_some_and(|part| part.applied);
        let one_way =
            |part: &Option<UndoPart>| part.as_ref().is_some_and(|part| part.down.is_none());
        let is_made = undo.tenant.is_some() && undo.position <= meta.tenant_version;
        Undoable {
            is_applied: applied(&undo.shared) || applied(&undo.tenant) || is_made,
            is_one_way: one_way(&undo.shared) || one_way(&undo.tenant),
            failed: failures
                .range(undo.position..)
                .map(|(_, number)| number)
                .sum(),
            position: undo.position,
            id: undo.id,
        }
    });
    Ok(all.collect())
}

/// Reads the metadata row, the recorded migrations in their order, and the tenants that are left out.
pub(crate) fn read(client: &mut Client) -> Result<(Meta, Vec<Undo>, Vec<LeftOut>)> {
    // Without its ledger nothing would seem to be there to be undone.
    super::read(client)?;
    let sql = format!(
        "SELECT {}, g.position, g.id, g.shared_checksum, g.shared_down, g.tenant_checksum, g.tenant_down, \
         {APPLIED}, {} FROM tenantry.meta AS m LEFT JOIN tenantry.migration AS g ON true WHERE m.one = 1 ORDER BY g.position",
        Meta::COLUMNS,
        fleet_columns()
    );
    let rows = client.query_typed(&sql, &[]).map_err(explain)?;
    let first = rows.first().ok_or_else(not_migrated)?;
    let meta = Meta::read(first)?;
    let at = Meta::WIDTH;
    let mut chain = Vec::new();
    for row in &rows {
        let Some(position) = row.try_get(at)? else {
            continue;
        };
        let part = |checksum: usize, applied: usize| -> Result<Option<UndoPart>> {
            let Some(found) = row.try_get(at + checksum)? else {
                return Ok(None);
            };
            Ok(Some(UndoPart {
                checksum: found,
                down: row.try_get(at + checksum + 1)?,
                applied: row.try_get(at + applied)?,
            }))
        };
        chain.push(Undo {
            position,
            id: row.try_get(at + 1)?,
            shared: part(2, 6)?,
            tenant: part(4, 7)?,
            limits: Limits::default(),
        });
    }
    let left_out = left_out(first, at + 9)?;
    Ok((meta, chain, left_out))
}
