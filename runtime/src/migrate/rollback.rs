//! Rolling back: tenants first, then the shared schema, in reverse order.
//!
//! What is rolled back is what the database has recorded when it was applied, so neither files nor the version of the
//! application that applied it are needed.

use std::time::Instant;

use postgres::Client;

use super::batch::{Batch, BatchStep, Direction};
use super::batches::Batches;
use super::event::Event;
use super::manifest::Limits;
use super::recorded::{fleet_columns, left_out};
use super::report::{Blocked, LeftOut, Report};
use super::run::{Next, Once, release, shared_step};
use super::settings::Settings;
use super::spans;
use super::sweep::{Sweep, Swept};
use crate::bookkeeping::segment::in_transaction;
use crate::bookkeeping::{APPLIED, FileSql, Meta, explain, not_migrated};
use crate::error::{Error, ErrorKind, Result};
use crate::name::quote_literal;

/// A migration as it was recorded, with what undoes it.
#[derive(Debug)]
struct Undo {
    position: i32,
    id: String,
    shared: Option<UndoPart>,
    tenant: Option<UndoPart>,
}

#[derive(Debug)]
struct UndoPart {
    down: Option<String>,
    checksum: String,
    applied: bool,
}

/// Rolls back all that comes after a migration, or everything.
pub(super) fn rollback(
    client: &mut Client,
    to: Option<&str>,
    settings: &Settings,
) -> Result<Report> {
    let start = Instant::now();
    let span = spans::run(Direction::Down).entered();
    let mut sweep = Sweep::new(settings);
    loop {
        let (meta, chain, left_out) = read(client)?;
        let target = target(&chain, to)?;
        check(&chain, target)?;
        check_whole(client)?;
        if round(&mut sweep, client, &meta, &chain, target)? == Next::Done {
            sweep.report.left_out = left_out;
            break;
        }
    }
    let mut report = sweep.report;
    report.duration = start.elapsed();
    spans::end_run(&span, &report);
    settings.observer.tell(&Event::Finished(report.clone()));
    Ok(report)
}

fn round(
    sweep: &mut Sweep<'_>,
    client: &mut Client,
    meta: &Meta,
    chain: &[Undo],
    target: i32,
) -> Result<Next> {
    let last_shared = chain
        .iter()
        .rev()
        .find(|undo| undo.shared.is_some() && undo.position <= meta.shared_version)
        .filter(|undo| undo.position > target);
    let limit = last_shared.map_or(target, |undo| undo.position - 1);
    let to = last_tenant_part(chain, limit);
    // When some tenants are taken back only, new ones are made like the others.
    if meta.tenant_version > to && !sweep.settings.selection.is_partial() {
        release(client, meta, to, Once::Now)?;
        return Ok(Next::Again);
    }
    let batch = |from| batch(meta, chain, from, to);
    match sweep.go(client, meta, (Direction::Down, to), &Batches::new(&batch))? {
        Swept::Again => return Ok(Next::Again),
        Swept::Incomplete => {
            sweep.report.blocked = last_shared.map(|undo| Blocked {
                migration: undo.id.clone(),
            });
            return Ok(Next::Done);
        }
        Swept::Complete => {}
    }
    match last_shared {
        Some(undo) if sweep.may_go_on(client)? => undo_shared(sweep, client, meta, chain, undo),
        _ => Ok(Next::Done),
    }
}

/// The position of the last tenant part up to a position.
fn last_tenant_part(chain: &[Undo], limit: i32) -> i32 {
    let mut parts = chain.iter().rev();
    parts
        .find(|undo| undo.tenant.is_some() && undo.position <= limit)
        .map_or(0, |undo| undo.position)
}

/// What takes a tenant at one version back to another.
fn batch(meta: &Meta, chain: &[Undo], from: i32, to: i32) -> Batch {
    let within = chain
        .iter()
        .rev()
        .filter(|undo| undo.position > to && undo.position <= from);
    let steps = within.filter_map(|undo| {
        let part = undo.tenant.as_ref()?;
        let down = part.down.as_deref()?;
        Some(BatchStep {
            to: last_tenant_part(chain, undo.position - 1),
            file: FileSql::new(
                &undo.id,
                "tenant.down.sql",
                &in_transaction(down),
                &meta.shared_schema,
            ),
            sql: String::new(),
            limits: Limits::default(),
            checksum: part.checksum.clone(),
        })
    });
    Batch::new(Direction::Down, steps.collect())
}

fn undo_shared(
    sweep: &mut Sweep<'_>,
    client: &mut Client,
    meta: &Meta,
    chain: &[Undo],
    undo: &Undo,
) -> Result<Next> {
    let _span = spans::shared(&undo.id).entered();
    let part = undo.shared.as_ref();
    let down = part
        .and_then(|part| part.down.as_deref())
        .unwrap_or_default();
    let down = in_transaction(down);
    let file = FileSql::new(&undo.id, "shared.down.sql", &down, &meta.shared_schema);
    let before = chain
        .iter()
        .rev()
        .find(|before| before.shared.is_some() && before.position < undo.position)
        .map_or(0, |before| before.position);
    let Meta {
        edition,
        shared_version,
        tenant_version,
        ..
    } = meta;
    // It fails unless the database is as it was read.
    let control = format!(
        "UPDATE tenantry.meta SET shared_version = CASE WHEN edition = {edition} \
         AND shared_version = {shared_version} AND tenant_version = {tenant_version} THEN {before} END; \
         DELETE FROM tenantry.ledger WHERE tenant_id = 0 AND migration = {};",
        quote_literal(&undo.id)
    );
    shared_step(sweep, client, &control, &file, Limits::default())
}

/// The position of the migration that a rollback goes back to.
pub(super) fn target_of(client: &mut Client, to: Option<&str>) -> Result<i32> {
    let (_, chain, _) = read(client)?;
    target(&chain, to)
}

fn target(chain: &[Undo], to: Option<&str>) -> Result<i32> {
    let Some(to) = to else { return Ok(0) };
    let number = to.parse::<i32>().ok();
    let found = chain
        .iter()
        .find(|undo| undo.id == to || Some(undo.position) == number);
    found.map(|undo| undo.position).ok_or_else(|| {
        Error::new(
            ErrorKind::Chain,
            format!(
                "the database has no migration `{to}` to roll back to\nhelp: name the last one that is to stay"
            ),
        )
    })
}

/// Refuses to roll back while a schema is half-way through a migration: what it has of it is nowhere written down.
fn check_whole(client: &mut Client) -> Result<()> {
    let row = client
        .query_typed_opt(
            "SELECT 'the tenant `' || key || '`' FROM tenantry.tenant WHERE step > 0 \
             UNION ALL SELECT 'the shared schema' FROM tenantry.meta WHERE shared_step > 0 LIMIT 1",
            &[],
        )
        .map_err(explain)?;
    let Some(row) = row else { return Ok(()) };
    let who: &str = row.try_get(0)?;
    Err(Error::new(
        ErrorKind::Migration,
        format!(
            "{who} is half-way through a migration that is not one transaction\n\
             help: migrate first, so that it is done, and roll back then"
        ),
    ))
}

/// Refuses to begin what can't be ended.
fn check(chain: &[Undo], target: i32) -> Result<()> {
    for undo in chain.iter().filter(|undo| undo.position > target) {
        for (part, placement) in [(&undo.shared, "shared"), (&undo.tenant, "tenant")] {
            if part
                .as_ref()
                .is_some_and(|part| part.applied && part.down.is_none())
            {
                return Err(Error::new(
                    ErrorKind::Migration,
                    format!(
                        "the migration `{0}` can't be rolled back: it had no `{placement}.down.sql` when it was applied\n\
                         help: write a migration that does the opposite, or roll back to `{0}` only",
                        undo.id
                    ),
                ));
            }
        }
    }
    Ok(())
}

fn read(client: &mut Client) -> Result<(Meta, Vec<Undo>, Vec<LeftOut>)> {
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
        });
    }
    let left_out = left_out(first, at + 9)?;
    Ok((meta, chain, left_out))
}
